/* Any GGUF file as a model: an error with a sentence, or weights of which every row can be
 * expanded. */
#include "model/model.h"
#include "tensor/expand.h"

#include "fuzz_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expand_all(const ya_matrix *m)
{
    float *row = malloc((size_t)m->cols * sizeof *row);
    for (int r = 0; row && r < m->rows; r += 1 + m->rows / 8) {
        ya_expand_row(m, r, row);
        fuzz_touch(row, (size_t)m->cols * sizeof *row);
    }
    free(row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_model *model;
    ya_error err = {0};
    const char *path = fuzz_file(data, size, ".gguf");
    if (ya_model_open(&model, path, &err)) {
        if (!err.text[0])
            abort();
        return 0;
    }
    expand_all(&model->embedding);
    for (int l = 0; l < model->config.n_layers; l++)
        for (int t = 0; t < YA_N_TARGETS; t++)
            expand_all(&model->layers[l].linear[t].weight);
    ya_model_close(model);
    return 0;
}
