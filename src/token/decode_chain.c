#include "token/decode_chain.h"

#include "token/unicode.h"

#include <string.h>

/* Texts behind each other. */
typedef struct {
    ya_buffer text;
    ya_ids lengths;
} list;

static void list_free(list *l)
{
    ya_buffer_free(&l->text);
    ya_ids_free(&l->lengths);
}

static ya_status list_add(list *l, const char *text, size_t size, ya_error *err)
{
    ya_status status = size ? ya_buffer_add(&l->text, text, size, err) : YA_OK;
    return status == YA_OK ? ya_ids_add(&l->lengths, (int32_t)size, err) : status;
}

/* Ends the last text of `l`, which began at `begin`. */
static ya_status list_end(list *l, size_t begin, ya_error *err)
{
    return ya_ids_add(&l->lengths, (int32_t)(l->text.size - begin), err);
}

static ya_status find(const ya_decode_step *step, const char *text, size_t size, size_t from,
                      bool *found, size_t *begin, size_t *end, ya_error *err)
{
    if (step->regex)
        return ya_regex_find(step->regex, text, size, from, found, begin, end, err);
    const char *at = memmem(text + from, size - from, step->pattern, strlen(step->pattern));
    *found = at != NULL;
    if (at) {
        *begin = (size_t)(at - text);
        *end = *begin + strlen(step->pattern);
    }
    return YA_OK;
}

static ya_status replace(const ya_decode_step *step, const char *text, size_t size,
                         const char *content, list *out, ya_error *err)
{
    ya_status status = YA_OK;
    size_t begun = out->text.size, copied = 0, from = 0;
    while (from <= size) {
        bool found;
        size_t begin = 0, end = 0;
        YA_TRY(find(step, text, size, from, &found, &begin, &end, err));
        if (!found)
            break;
        YA_TRY(ya_buffer_add(&out->text, text + copied, begin - copied, err));
        YA_TRY(ya_buffer_add(&out->text, content, strlen(content), err));
        copied = from = end;
        if (end == begin)
            from += end < size ? ya_utf8_length(text[end]) : 1;
    }
    YA_TRY(ya_buffer_add(&out->text, text + copied, size - copied, err));
    status = list_end(out, begun, err);
done:
    return status;
}

static ya_status strip(const ya_decode_step *step, const char *text, size_t size, list *out,
                       ya_error *err)
{
    size_t n = strlen(step->content);
    for (int64_t i = 0; i < step->start && size >= n && memcmp(text, step->content, n) == 0; i++) {
        text += n;
        size -= n;
    }
    for (int64_t i = 0;
         i < step->stop && size >= n && memcmp(text + size - n, step->content, n) == 0; i++)
        size -= n;
    return list_add(out, text, size, err);
}

static ya_status end_byte_run(ya_buffer *run, list *out, ya_error *err)
{
    ya_status status = YA_OK;
    if (run->size && ya_utf8_valid(run->data, run->size) == run->size)
        YA_TRY(list_add(out, run->data, run->size, err));
    else
        for (size_t i = 0; i < run->size; i++)
            YA_TRY(list_add(out, "\xEF\xBF\xBD", 3, err));
    run->size = 0;
done:
    return status;
}

static ya_status byte_fallback(const list *in, list *out, ya_error *err)
{
    ya_buffer run = {0};
    ya_status status = YA_OK;
    const char *text = in->text.data ? in->text.data : "";
    for (size_t i = 0; i < in->lengths.size; i++) {
        size_t size = (size_t)in->lengths.data[i];
        int byte = ya_byte_token(text, size);
        if (byte >= 0) {
            char c = (char)byte;
            YA_TRY(ya_buffer_add(&run, &c, 1, err));
        } else {
            YA_TRY(end_byte_run(&run, out, err));
            YA_TRY(list_add(out, text, size, err));
        }
        text += size;
    }
    status = end_byte_run(&run, out, err);
done:
    ya_buffer_free(&run);
    return status;
}

static ya_status byte_level(const list *in, list *out, ya_error *err)
{
    ya_buffer bytes = {0};
    ya_status status = YA_OK;
    const char *text = in->text.data ? in->text.data : "";
    size_t begun = out->text.size;
    for (size_t i = 0; i < in->lengths.size; i++) {
        YA_TRY(ya_add_token_bytes(&bytes, text, (size_t)in->lengths.data[i], err));
        text += in->lengths.data[i];
    }
    YA_TRY(ya_utf8_repair(&out->text, bytes.data, bytes.size, err));
    status = list_end(out, begun, err);
done:
    ya_buffer_free(&bytes);
    return status;
}

static ya_status each_text(const ya_decode_step *step, const list *in, list *out, ya_error *err)
{
    ya_status status = YA_OK;
    const char *text = in->text.data ? in->text.data : "";
    for (size_t i = 0; i < in->lengths.size; i++) {
        size_t size = (size_t)in->lengths.data[i];
        if (step->kind == YA_DECODE_STRIP)
            YA_TRY(strip(step, text, size, out, err));
        else if (step->kind == YA_DECODE_METASPACE)
            YA_TRY(replace(step, text, size, step->strip && i == 0 ? "" : " ", out, err));
        else
            YA_TRY(replace(step, text, size, step->content, out, err));
        text += size;
    }
done:
    return status;
}

static ya_status run(const ya_decode_step *step, const list *in, list *out, ya_error *err)
{
    switch (step->kind) {
    case YA_DECODE_BYTE_LEVEL:
        return byte_level(in, out, err);
    case YA_DECODE_BYTE_FALLBACK:
        return byte_fallback(in, out, err);
    case YA_DECODE_FUSE:
        return list_add(out, in->text.data, in->text.size, err);
    case YA_DECODE_REPLACE:
    case YA_DECODE_METASPACE:
    case YA_DECODE_STRIP:
        return each_text(step, in, out, err);
    }
    return ya_fail(err, YA_ERR_UNSUPPORTED, "unknown decoder");
}

ya_status ya_decode_chain(const ya_decoder *decoder, const ya_buffer *texts, const ya_ids *lengths,
                          ya_buffer *out, ya_error *err)
{
    list lists[2] = {{{0}, {0}}, {{0}, {0}}};
    ya_status status = YA_OK;
    list in = {*texts, *lengths}; /* the caller's: not freed here */
    for (size_t i = 0; i < decoder->n_steps; i++) {
        list *next = &lists[i % 2];
        next->text.size = 0;
        next->lengths.size = 0;
        YA_TRY(run(&decoder->steps[i], &in, next, err));
        in = *next;
    }
    const char *text = in.text.data ? in.text.data : "";
    for (size_t i = 0; i < in.lengths.size; i++) {
        if (i > 0 && decoder->absent)
            YA_TRY(ya_buffer_add(out, " ", 1, err));
        YA_TRY(ya_buffer_add(out, text, (size_t)in.lengths.data[i], err));
        text += in.lengths.data[i];
    }
done:
    list_free(&lists[0]);
    list_free(&lists[1]);
    return status;
}
