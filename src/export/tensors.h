/* The tensors of an exported model: what each is made of, under which name and in which type it is
 * written; and the making itself, row by row, in constant memory. */
#ifndef YA_EXPORT_TENSORS_H
#define YA_EXPORT_TENSORS_H

#include "io/sink.h"
#include "lora/adapter.h"
#include "model/model.h"

enum { YA_OUT_NAME = 96 };

typedef struct {
    char name[YA_OUT_NAME];
    ya_dtype type;     /* as written */
    bool is_vector;    /* norms and biases: one row */
    int rows, cols;    /* as written */
    ya_matrix source;  /* the base's, or the one that full fine-tuning put in its place */
    ya_lora_pair lora; /* rank 0: none */
    /* Rows (a vector's elements) leave in the order of GGUF's llama files: tensor/matrix.h; 0: in
     * Hugging Face's. */
    int interleaved_head_dim;
    uint64_t bytes; /* as written */
} ya_out_tensor;

typedef struct {
    ya_out_tensor *tensors; /* in the order of the layers */
    size_t n_tensors;
    uint64_t bytes;
} ya_out_list;

typedef enum { YA_NAMES_HF, YA_NAMES_GGUF } ya_out_names;

/* Lists the tensors of `model` with the LoRA pairs attached to it; `adapter` (NULL: none) may hold
 * tensors of full fine-tuning. `type` of matrices; -1 is each one's own where that can be written,
 * else F16 (Hugging Face) or Q8_0 (GGUF). Hugging Face's vectors have the type of matrices, GGUF's
 * are F32; rows that no Q4_0 or Q8_0 block divides become F16; of Q4_0 the output head (the
 * embedding when tied) is kept in Q8_0. `interleave`: q and k as GGUF's llama files order them. */
ya_status ya_out_list_make(ya_out_list *list, const ya_model *model, const ya_adapter *adapter,
                           ya_out_names names, int type, bool interleave, ya_error *err) YA_CHECK;
void ya_out_list_free(ya_out_list *list);

/* Memory to make tensors in; {0} to begin, freed with ya_out_workspace_free. */
typedef struct {
    float *rows;     /* [block] */
    float *delta;    /* [threads, widest] */
    uint8_t *stored; /* [block] in the widest type */
    size_t block;    /* floats */
    int widest;
} ya_out_workspace;
ya_status ya_out_workspace_make(ya_out_workspace *work, const ya_out_list *list,
                                ya_error *err) YA_CHECK;
void ya_out_workspace_free(ya_out_workspace *work);

/* Called between blocks of rows with the bytes just written; another status than YA_OK stops. */
typedef ya_status ya_out_progress(void *user, uint64_t bytes, ya_error *err);

/* Writes W + scale B A, computed in f32 and rounded once; without LoRA, in the stored type and
 * order, the stored bytes. YA_ERR_DATA for a value that the type cannot hold. */
ya_status ya_out_write(const ya_out_tensor *tensor, ya_out_workspace *work, ya_sink *sink,
                       ya_out_progress *progress, void *user, ya_error *err) YA_CHECK;

#endif
