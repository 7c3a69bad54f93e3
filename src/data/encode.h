/* A record to token ids and which of them count as targets: spec/records.md, "Targets". */
#ifndef YA_DATA_ENCODE_H
#define YA_DATA_ENCODE_H

#include "base/buffer.h"
#include "data/record.h"

#include <stdint.h>

typedef struct ya_encoder ya_encoder;

typedef struct {
    const char *model_path;    /* whose tokenizer and chat template are used */
    const char *chat_template; /* forces a template (token/chat.h); NULL: the model's own */
    int vocab_size;            /* ids lie below */
    bool append_eos;           /* the end-of-text token stands behind texts and completions */
    bool last_answer;          /* of a chat only the assistant's last turn is learned */
} ya_encoder_options;

/* Tokenizer and template are opened when the first record needs them, so records that are tokenised
 * already need none. The texts of `options` are kept by reference. */
ya_status ya_encoder_new(ya_encoder **out, const ya_encoder_options *options,
                         ya_error *err) YA_CHECK;
void ya_encoder_free(ya_encoder *encoder);

/* The tokens of a record, valid until the next call: ids[i], and counted[i] != 0 when token i is a
 * target. Token 0 never is. Text: encode(text, add_special_tokens=True), everything counts. Prompt
 * and completion: one text; a token counts when a byte of the completion is in it. Behind both,
 * with append_eos, the end-of-text token, which counts. Chat: what the assistant says counts.
 * input_ids: as `labels` say (-100: not; other labels must equal their ids), all without them;
 * padding, where `attention_mask` is 0 at either end, is taken off. YA_ERR_DATA: the record is
 * unusable, others may not be. */
ya_status ya_encoder_encode(ya_encoder *encoder, ya_record *record, ya_ids *ids, ya_ids *counted,
                            ya_error *err) YA_CHECK;

/* Answers of earlier turns so far whose reasoning the template leaves out on purpose. */
uint64_t ya_encoder_dropped_reasoning(const ya_encoder *encoder);

#endif
