/* A record to token ids and which of them count as targets: spec/training.md, "Labels". */
#ifndef YA_DATA_ENCODE_H
#define YA_DATA_ENCODE_H

#include "base/buffer.h"
#include "data/record.h"

#include <stdint.h>

typedef struct ya_encoder ya_encoder;

/* `model_path` names the model whose tokenizer and chat template are used; they are opened when the
 * first record needs them, so records that are tokenised already need none. `chat_template` forces
 * a template by name (NULL: the model's own). Both texts are kept by reference. Ids must lie below
 * `vocab_size`. */
ya_status ya_encoder_new(ya_encoder **out, const char *model_path, const char *chat_template,
                         int vocab_size, ya_error *err) YA_CHECK;
void ya_encoder_free(ya_encoder *encoder);

/* The tokens of a record, valid until the next call: ids[i], and counted[i] != 0 when token i is a
 * target. Token 0 never is. Text: encode(text, add_special_tokens=True), everything counts. Prompt
 * and completion: one text, the first len(encode(prompt)) tokens do not count. Chat: what the
 * assistant says counts. input_ids: as `labels` say (-100: not; other labels must equal their ids),
 * all without them. */
ya_status ya_encoder_encode(ya_encoder *encoder, const ya_record *record, ya_ids *ids,
                            ya_ids *counted, ya_error *err) YA_CHECK;

#endif
