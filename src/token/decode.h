/* From ids to text: the decoder of tokenizer.json. */
#ifndef YA_TOKEN_DECODE_H
#define YA_TOKEN_DECODE_H

#include "token/regex.h"
#include "token/strings.h"

typedef enum {
    YA_DECODE_BYTE_LEVEL,    /* characters to the bytes they stand for; ill-formed parts U+FFFD */
    YA_DECODE_BYTE_FALLBACK, /* runs of <0x00>..<0xFF> to text, U+FFFD a byte if ill-formed */
    YA_DECODE_REPLACE,       /* every `pattern` or match of `regex` becomes `content` */
    YA_DECODE_METASPACE,     /* `pattern` becomes ' ', nothing in the first token if `strip` */
    YA_DECODE_FUSE,          /* all tokens become one text */
    YA_DECODE_STRIP          /* up to `start` times `content` off the front, `stop` off the end */
} ya_decode_kind;

typedef struct {
    ya_decode_kind kind;
    char *pattern, *content; /* owned */
    ya_regex *regex;         /* owned */
    bool strip;
    int64_t start, stop;
} ya_decode_step;

/* How a decoder can be run token by token. */
typedef enum {
    YA_DECODE_AS_BYTES,  /* byte-level: a token is bytes */
    YA_DECODE_AS_PIECES, /* SentencePiece: U+2581 is a space, byte tokens, a space off the front */
    YA_DECODE_AS_CHAIN   /* only as a whole */
} ya_decode_mode;

typedef struct {
    ya_decode_step *steps;
    size_t n_steps;
    bool absent; /* no decoder: tokens joined with ' ' */
    ya_decode_mode mode;
    int64_t strip; /* AS_PIECES: spaces off the front */
} ya_decoder;

/* Appends a step, whose pointers then belong to the decoder, also on failure. */
ya_status ya_decoder_add(ya_decoder *decoder, ya_decode_step step, ya_error *err) YA_CHECK;
/* After the last step: finds the mode, given every token's text. */
void ya_decoder_finish(ya_decoder *decoder, const ya_strings *tokens);
void ya_decoder_free(ya_decoder *decoder);

/* A decoding under way; {0} to begin. */
typedef struct {
    ya_buffer pending; /* AS_BYTES: the beginning of a character; AS_PIECES: a run of byte tokens */
    int64_t stripped;
    bool begun;
    ya_buffer texts; /* AS_CHAIN: the tokens' texts, and their lengths */
    ya_ids lengths;
} ya_decoding;

/* Appends what is certain after one more token text to `out`; `finish` appends the rest. */
ya_status ya_decoding_feed(const ya_decoder *decoder, ya_decoding *d, const char *text, size_t size,
                           ya_buffer *out, ya_error *err) YA_CHECK;
ya_status ya_decoding_finish(const ya_decoder *decoder, ya_decoding *d, ya_buffer *out,
                             ya_error *err) YA_CHECK;
void ya_decoding_free(ya_decoding *d);

#endif
