/* Inside of ya_model_open. */
#ifndef YA_MODEL_WEIGHTS_H
#define YA_MODEL_WEIGHTS_H

#include "model/model.h"

/* Fills layers, embedding, head, norms, vectors and rope_inv_freq, whose room is there. A tensor
 * that is missing or of another shape is YA_ERR_FORMAT, one that has no place YA_ERR_UNSUPPORTED,
 * both by name. */
ya_status ya_model_find_weights(ya_model *model, const ya_tensor_set *tensors,
                                ya_error *err) YA_CHECK;

#endif
