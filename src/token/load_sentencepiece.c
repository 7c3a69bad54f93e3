/* tokenizer.model where no tokenizer.json lies beside it: SentencePiece's BPE models.
 * https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
 *
 *     ModelProto     1: piece..., 2: TrainerSpec, 3: NormalizerSpec
 *     piece          1: text, 2: score (f32), 3: type
 *
 * in protocol buffers: key = number << 3 | wire type, as a varint; then a varint (0), 8 bytes (1),
 * a length and its bytes (2), or 4 bytes (5). */
#include "base/alloc.h"
#include "io/map.h"
#include "io/outdir.h"
#include "io/shown.h"
#include "token/pieces.h"
#include "token/unicode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MODEL_MAX_BYTES = 256 << 20 };

typedef struct {
    const uint8_t *at, *end;
} message;

typedef struct {
    uint64_t number, value; /* value: of varints and fixed sizes */
    message bytes;          /* of lengths */
    int wire;
} field;

static bool take_varint(message *m, uint64_t *out)
{
    *out = 0;
    for (int shift = 0; shift < 64 && m->at < m->end; shift += 7) {
        uint8_t byte = *m->at++;
        *out |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* The next field; false at the end, and, with *broken, where the bytes are none. */
static bool next_field(message *m, field *f, bool *broken)
{
    uint64_t key, size = 0;
    if (m->at == m->end)
        return false;
    *broken = true;
    if (!take_varint(m, &key))
        return false;
    *f = (field){.number = key >> 3, .wire = (int)(key & 7)};
    if (f->wire == 0) {
        *broken = !take_varint(m, &f->value);
        return !*broken;
    }
    if (f->wire == 2 && !take_varint(m, &size))
        return false;
    if (f->wire == 1 || f->wire == 5)
        size = f->wire == 1 ? 8 : 4;
    else if (f->wire != 2)
        return false;
    if (size > (uint64_t)(m->end - m->at))
        return false;
    f->bytes = (message){m->at, m->at + size};
    if (f->wire != 2)
        memcpy(&f->value, m->at, (size_t)size);
    m->at += size;
    *broken = false;
    return true;
}

typedef struct {
    ya_pieces p;
    uint64_t model_type;
    int64_t unk, bos, eos;
    bool prefix, removes_spaces, escapes, suffixes;
    size_t charsmap;
    ya_shown normalizer;
} model;

static ya_status broken_file(ya_error *err)
{
    return ya_fail(err, YA_ERR_FORMAT, "it is no SentencePiece model, or a truncated one");
}

static ya_status read_trainer(model *m, message in, ya_error *err)
{
    field f;
    bool broken = false;
    while (next_field(&in, &f, &broken)) {
        if (f.wire != 0)
            continue;
        if (f.number == 3)
            m->model_type = f.value;
        else if (f.number == 24)
            m->suffixes = f.value != 0;
        else if (f.number == 40)
            m->unk = (int32_t)f.value;
        else if (f.number == 41)
            m->bos = (int32_t)f.value;
        else if (f.number == 42)
            m->eos = (int32_t)f.value;
    }
    return broken ? broken_file(err) : YA_OK;
}

static ya_status read_normalizer(model *m, message in, ya_error *err)
{
    field f;
    bool broken = false;
    while (next_field(&in, &f, &broken)) {
        size_t size = f.wire == 2 ? (size_t)(f.bytes.end - f.bytes.at) : 0;
        if (f.number == 1 && f.wire == 2)
            m->normalizer = ya_show((const char *)f.bytes.at, size);
        else if (f.number == 2)
            m->charsmap = size;
        else if (f.number == 3)
            m->prefix = f.value != 0;
        else if (f.number == 4)
            m->removes_spaces = f.value != 0;
        else if (f.number == 5)
            m->escapes = f.value != 0;
    }
    return broken ? broken_file(err) : YA_OK;
}

static ya_status read_piece(model *m, message in, size_t id, ya_error *err)
{
    message text = {NULL, NULL};
    uint64_t type = YA_PIECE_NORMAL;
    float score = 0;
    field f;
    bool broken = false;
    while (next_field(&in, &f, &broken)) {
        if (f.number == 1 && f.wire == 2)
            text = f.bytes;
        else if (f.number == 2 && f.wire == 5)
            memcpy(&score, f.bytes.at, sizeof score);
        else if (f.number == 3 && f.wire == 0)
            type = f.value;
    }
    if (broken)
        return broken_file(err);
    size_t size = (size_t)(text.end - text.at);
    if (size == 0 || ya_utf8_valid((const char *)text.at, size) != size || isnan(score) ||
        type < YA_PIECE_NORMAL || type > YA_PIECE_BYTE)
        return ya_fail(err, YA_ERR_FORMAT, "piece %zu has no text, score or type that is possible",
                       id);
    m->p.type[id] = (uint8_t)type;
    m->p.score[id] = score;
    m->p.reachable[id] = ya_piece_reachable((int)type);
    return ya_strings_add(&m->p.t->tokens, (const char *)text.at, size, (int32_t)id, false, err);
}

static ya_status read_pieces(model *m, message in, ya_error *err)
{
    message all = in;
    field f;
    bool broken = false;
    size_t n = 0, id = 0;
    while (next_field(&in, &f, &broken))
        n += f.number == 1 && f.wire == 2;
    if (broken || n == 0)
        return broken_file(err);
    if (n > YA_STRINGS_MAX_ID)
        return ya_fail(err, YA_ERR_FORMAT, "it has %zu pieces, at most %d", n, YA_STRINGS_MAX_ID);
    ya_status status = ya_pieces_alloc(&m->p, n, err);
    while (!status && next_field(&all, &f, &broken)) {
        if (f.wire != 2)
            continue;
        if (f.number == 1)
            status = read_piece(m, f.bytes, id++, err);
        else if (f.number == 2)
            status = read_trainer(m, f.bytes, err);
        else if (f.number == 3)
            status = read_normalizer(m, f.bytes, err);
    }
    return status;
}

/* What we do not compute is refused by name. */
static ya_status check(const model *m, ya_error *err)
{
    static const char *const types[] = {"0", "unigram", "BPE", "word", "char"};
    enum { BPE = 2 };
    const char *what = m->charsmap > 0     ? m->normalizer.text
                       : m->removes_spaces ? "remove_extra_whitespaces"
                       : !m->escapes       ? "escape_whitespaces = false"
                       : m->suffixes       ? "treat_whitespace_as_suffix"
                                           : NULL;
    if (m->model_type != BPE)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "SentencePiece models of type %s are not supported, only BPE: convert it to "
                       "a tokenizer.json",
                       m->model_type < 5 ? types[m->model_type] : "unknown");
    if (what)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "its normalizer (%s) is not supported: convert it to a tokenizer.json",
                       what);
    return YA_OK;
}

static int32_t id_or_none(const model *m, int64_t id)
{
    return id >= 0 && id < (int64_t)m->p.n_tokens ? (int32_t)id : -1;
}

static ya_status load(model *m, message in, ya_error *err)
{
    ya_tokenizer *t = m->p.t;
    ya_status status;
    YA_TRY(read_pieces(m, in, err));
    YA_TRY(check(m, err));
    t->bpe.unk = id_or_none(m, m->unk);
    t->bpe.fuse_unk = true;
    t->bos = id_or_none(m, m->bos);
    t->eos = id_or_none(m, m->eos);
    YA_TRY(ya_pieces_add_added(&m->p, &t->normalized, err));
    YA_TRY(ya_pieces_finish(&m->p, m->prefix, err));
    YA_TRY(ya_tokenizer_fill_words(t, m->p.reachable, true, err));
    if (t->bos >= 0)
        status = ya_ids_add(&t->before, t->bos, err);
done:
    return status;
}

ya_status ya_tokenizer_load_sentencepiece(ya_tokenizer *t, const char *path, ya_error *err)
{
    char *text = NULL;
    size_t size;
    ya_status status = ya_read_file(path, MODEL_MAX_BYTES, &text, &size, err);
    if (status)
        return status;
    model m = {.p = {.t = t},
               .model_type = 1,
               .bos = 1,
               .eos = 2,
               .prefix = true,
               .removes_spaces = true,
               .escapes = true};
    t->bos = t->eos = t->bpe.unk = -1;
    status = load(&m, (message){(const uint8_t *)text, (const uint8_t *)text + size}, err);
    if (status)
        status = ya_wrap(err, status, "%s", path);
    ya_pieces_free(&m.p);
    ya_free(text);
    return status;
}
