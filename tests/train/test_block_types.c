/* LoRA on a base of every stored type is LoRA on the same base expanded to f32: bit for bit, since
 * f32 is what the products see either way. */
#include "support/block_model.h"
#include "support/cmocka_all.h"
#include "support/temp.h"
#include "support/toy.h"
#include "support/training.h"

#include <stdio.h>

static void train(const char *dir, const char *name)
{
    char flags[16384];
    ya_error err;
    snprintf(flags, sizeof flags,
             "--model %s/%s.gguf --data %s/data.jsonl --output %s/%s --steps 3 --batch-size 4 "
             "--lora-rank 4 --learning-rate 0.01 --save-steps 3 --dtype f32 --threads 2 --quiet",
             dir, name, dir, dir, name);
    if (training_run(flags, &err) != YA_OK)
        fail_msg("%s", err.text);
}

static void a_base_of_every_type_trains_as_the_same_base_in_f32(void **state)
{
    (void)state;
    for (int type = 0; type < YA_N_DTYPES; type++) {
        char dir[TEMP_PATH];
        if (!ya_kernels_get()->expand[type])
            continue;
        temp_make(dir);
        toy_records(temp_path(dir, "data.jsonl"), 24, 20, 5);
        block_model_write(temp_path(dir, "stored.gguf"), (ya_dtype)type, false);
        block_model_write(temp_path(dir, "expanded.gguf"), (ya_dtype)type, true);
        train(dir, "stored");
        train(dir, "expanded");
        if (!toy_same_checkpoints(temp_path(dir, "stored/checkpoint-3"),
                                  temp_path(dir, "expanded/checkpoint-3")))
            fail_msg("%s: the adapters differ", ya_dtype_get((ya_dtype)type)->name);
        json_t *lines = training_metrics(temp_path(dir, "stored"));
        assert_true(json_array_size(lines) > 0);
        double loss = json_number_value(json_object_get(json_array_get(lines, 0), "loss"));
        assert_true(loss > 3 && loss < 8); /* near ln 96: the model is alive */
        json_decref(lines);
        temp_remove(dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_base_of_every_type_trains_as_the_same_base_in_f32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
