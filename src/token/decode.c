#include "token/decode.h"

#include "base/alloc.h"
#include "token/byte_level.h"
#include "token/decode_chain.h"
#include "token/unicode.h"

#include <string.h>

static const char space_mark[] = "\xE2\x96\x81";
static const char replacement[] = "\xEF\xBF\xBD";

int ya_byte_token(const char *text, size_t size)
{
    if (size != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>')
        return -1;
    int value = 0;
    /* As Rust's from_str_radix: a plus sign may come first. */
    for (int i = text[3] == '+' ? 4 : 3; i < 5; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = 16 * value + digit;
    }
    return value;
}

/* ---- Token by token: bytes ---- */

ya_status ya_add_token_bytes(ya_buffer *out, const char *text, size_t size, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t at = 0, length; at < size; at += length)
        if (ya_byte_of_symbol(ya_utf8_get(text + at, &length)) < 0)
            return ya_buffer_add(out, text, size, err); /* no byte-level token: as it stands */
    for (size_t at = 0, length; at < size; at += length) {
        char byte = (char)ya_byte_of_symbol(ya_utf8_get(text + at, &length));
        YA_TRY(ya_buffer_add(out, &byte, 1, err));
    }
done:
    return status;
}

/* Moves what is certain from the pending bytes to `out`: all but a character that may yet be
 * completed. */
static ya_status release_bytes(ya_decoding *d, bool all, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    size_t at = 0;
    while (at < d->pending.size) {
        const char *text = d->pending.data + at;
        size_t left = d->pending.size - at, skip;
        size_t valid = ya_utf8_valid(text, left);
        if (valid)
            YA_TRY(ya_buffer_add(out, text, valid, err));
        at += valid;
        if (valid == left)
            break;
        bool truncated;
        (void)ya_utf8_check(text + valid, left - valid, &skip, &truncated);
        if (truncated && !all)
            break;
        YA_TRY(ya_buffer_add(out, replacement, 3, err));
        at += skip;
    }
    if (at)
        memmove(d->pending.data, d->pending.data + at, d->pending.size - at);
    d->pending.size -= at;
done:
    return status;
}

/* ---- Token by token: pieces ---- */

/* A run of byte tokens is text as a whole, or U+FFFD for each byte. */
static ya_status add_byte_run(ya_buffer *out, const char *bytes, size_t n, ya_error *err)
{
    ya_status status = YA_OK;
    if (ya_utf8_valid(bytes, n) == n)
        return ya_buffer_add(out, bytes, n, err);
    for (size_t i = 0; i < n; i++)
        YA_TRY(ya_buffer_add(out, replacement, 3, err));
done:
    return status;
}

/* Text of a piece, without the spaces that are taken off the front of the whole. */
static ya_status add_stripped(const ya_decoder *decoder, ya_decoding *d, const char *text,
                              size_t size, ya_buffer *out, ya_error *err)
{
    while (size && !d->begun && d->stripped < decoder->strip && *text == ' ') {
        d->stripped++;
        text++;
        size--;
    }
    d->begun |= size > 0;
    return size ? ya_buffer_add(out, text, size, err) : YA_OK;
}

static ya_status release_run(const ya_decoder *decoder, ya_decoding *d, ya_buffer *out,
                             ya_error *err)
{
    ya_buffer run = {0};
    ya_status status = YA_OK;
    if (d->pending.size == 0)
        return YA_OK;
    YA_TRY(add_byte_run(&run, d->pending.data, d->pending.size, err));
    d->pending.size = 0;
    status = add_stripped(decoder, d, run.data, run.size, out, err);
done:
    ya_buffer_free(&run);
    return status;
}

static ya_status feed_piece(const ya_decoder *decoder, ya_decoding *d, const char *text,
                            size_t size, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    int byte = ya_byte_token(text, size);
    if (byte >= 0) {
        char c = (char)byte;
        return ya_buffer_add(&d->pending, &c, 1, err);
    }
    YA_TRY(release_run(decoder, d, out, err));
    while (size) {
        const char *mark = memmem(text, size, space_mark, 3);
        size_t n = mark ? (size_t)(mark - text) : size;
        YA_TRY(add_stripped(decoder, d, text, n, out, err));
        if (mark) {
            YA_TRY(add_stripped(decoder, d, " ", 1, out, err));
            n += 3;
        }
        text += n;
        size -= n;
    }
done:
    return status;
}

/* ---- Any mode ---- */

ya_status ya_decoding_feed(const ya_decoder *decoder, ya_decoding *d, const char *text, size_t size,
                           ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    switch (decoder->mode) {
    case YA_DECODE_AS_BYTES:
        YA_TRY(ya_add_token_bytes(&d->pending, text, size, err));
        return release_bytes(d, false, out, err);
    case YA_DECODE_AS_PIECES:
        return feed_piece(decoder, d, text, size, out, err);
    case YA_DECODE_AS_CHAIN:
        YA_TRY(ya_buffer_add(&d->texts, text, size, err));
        return ya_ids_add(&d->lengths, (int32_t)size, err);
    }
done:
    return status;
}

ya_status ya_decoding_finish(const ya_decoder *decoder, ya_decoding *d, ya_buffer *out,
                             ya_error *err)
{
    switch (decoder->mode) {
    case YA_DECODE_AS_BYTES:
        return release_bytes(d, true, out, err);
    case YA_DECODE_AS_PIECES:
        return release_run(decoder, d, out, err);
    case YA_DECODE_AS_CHAIN:
        return ya_decode_chain(decoder, &d->texts, &d->lengths, out, err);
    }
    return YA_OK;
}

void ya_decoding_free(ya_decoding *d)
{
    ya_buffer_free(&d->pending);
    ya_buffer_free(&d->texts);
    ya_ids_free(&d->lengths);
    *d = (ya_decoding){0};
}

/* ---- Filling ---- */

static void free_step(ya_decode_step *step)
{
    ya_free(step->pattern);
    ya_free(step->content);
    ya_regex_close(step->regex);
}

ya_status ya_decoder_add(ya_decoder *decoder, ya_decode_step step, ya_error *err)
{
    ya_decode_step *steps = ya_realloc_array(decoder->steps, decoder->n_steps + 1, sizeof *steps);
    if (!steps) {
        free_step(&step);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a decoder");
    }
    decoder->steps = steps;
    decoder->steps[decoder->n_steps++] = step;
    return YA_OK;
}

void ya_decoder_free(ya_decoder *decoder)
{
    for (size_t i = 0; i < decoder->n_steps; i++)
        free_step(&decoder->steps[i]);
    ya_free(decoder->steps);
    *decoder = (ya_decoder){0};
}

/* Every token is written in the byte-level alphabet and none looks like a byte token: then nothing
 * that stands before ByteLevel in published chains (ByteFallback, Fuse, U+2581 to a space) does
 * anything. */
static bool all_byte_level(const ya_strings *tokens)
{
    for (size_t id = 0; id < tokens->n_ids; id++) {
        size_t size, length;
        const char *text = ya_strings_text(tokens, (int32_t)id, &size);
        if (!text)
            continue;
        if (ya_byte_token(text, size) >= 0)
            return false;
        for (size_t at = 0; at < size; at += length)
            if (ya_byte_of_symbol(ya_utf8_get(text + at, &length)) < 0)
                return false;
    }
    return true;
}

static bool is_mark_to_space(const ya_decode_step *step)
{
    return step->kind == YA_DECODE_REPLACE && step->pattern &&
           strcmp(step->pattern, space_mark) == 0 && strcmp(step->content, " ") == 0;
}

static bool bytes_in_the_end(const ya_decoder *decoder, const ya_strings *tokens)
{
    size_t n = decoder->n_steps;
    if (n == 0 || decoder->steps[n - 1].kind != YA_DECODE_BYTE_LEVEL)
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        const ya_decode_step *step = &decoder->steps[i];
        if (step->kind != YA_DECODE_BYTE_FALLBACK && step->kind != YA_DECODE_FUSE &&
            !is_mark_to_space(step))
            return false;
    }
    return n == 1 || all_byte_level(tokens);
}

void ya_decoder_finish(ya_decoder *decoder, const ya_strings *tokens)
{
    const ya_decode_step *steps = decoder->steps;
    size_t n = decoder->n_steps;
    decoder->mode = YA_DECODE_AS_CHAIN;
    if (bytes_in_the_end(decoder, tokens)) {
        decoder->mode = YA_DECODE_AS_BYTES;
    } else if ((n == 3 || n == 4) && is_mark_to_space(&steps[0]) &&
               steps[1].kind == YA_DECODE_BYTE_FALLBACK && steps[2].kind == YA_DECODE_FUSE) {
        bool strips = n == 4;
        if (strips && (steps[3].kind != YA_DECODE_STRIP || strcmp(steps[3].content, " ") != 0 ||
                       steps[3].stop != 0))
            return;
        decoder->mode = YA_DECODE_AS_PIECES;
        decoder->strip = strips ? steps[3].start : 0;
    }
}
