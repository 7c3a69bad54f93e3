/* Invariants:
 *   1. A line is scanned once, from its first byte to its last; after that every value of it is
 *      known to be well-formed, and cursors over parts of it cannot fail.
 *   2. The scratch is made before any view of it is handed out, and does not move: of the line's
 *      bytes each is unescaped for at most SCRATCH_USES purposes. */
#include "data/raw.h"

#include "base/alloc.h"
#include "base/log.h"
#include "data/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHORT_TEXT = 50,  /* characters: a text in one of the usual fields should be longer */
    SCRATCH_USES = 4, /* names and the text; the text joined; the source's fields; a key */
    SCRATCH_KEPT = 1 << 20,
    MEMBERS_KEPT = 1 << 14,
    FEW_MEMBERS = 24 /* are searched one by one */
};

const char *ya_line_reason_name(ya_line_reason reason)
{
    static const char *const names[YA_N_LINE_REASONS] = {"good",     "long", "json",   "object",
                                                         "messages", "text", "labels", "short"};
    return names[reason];
}

void ya_line_show_bad(const char *path, uint64_t number, ya_line_reason reason)
{
    ya_info("%s:%llu: %s", path, (unsigned long long)number, ya_line_reason_name(reason));
}

/* Memory: -------------------------------------------------------------------------------------- */

static ya_status out_of_memory(const char *what, ya_error *err)
{
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for the %s of a record", what);
}

/* Room for what a line of `size` bytes may need; a big line's is given back at the next one. */
static ya_status prepare_scratch(ya_raw *raw, size_t size, ya_error *err)
{
    size_t need = SCRATCH_USES * size + 64;
    raw->scratch_used = 0;
    if (need <= raw->scratch_room && (raw->scratch_room <= SCRATCH_KEPT || need > SCRATCH_KEPT))
        return YA_OK;
    ya_free(raw->scratch);
    raw->scratch_room = need > 4096 ? need : 4096;
    raw->scratch = ya_alloc(raw->scratch_room);
    if (raw->scratch)
        return YA_OK;
    raw->scratch_room = 0;
    return out_of_memory("text", err);
}

static char *take_scratch(ya_raw *raw, size_t size)
{
    assert(size <= raw->scratch_room - raw->scratch_used); /* invariant 2 */
    char *taken = raw->scratch + raw->scratch_used;
    raw->scratch_used += size;
    return taken;
}

void ya_raw_string(ya_raw *raw, const ya_json_value *value, const char **text, size_t *size)
{
    *text = value->text;
    *size = value->size;
    if (!value->escaped)
        return;
    char *to = take_scratch(raw, value->size);
    *size = ya_json_unescape(to, value->text, value->size);
    *text = to;
    raw->scratch_used -= value->size - *size;
}

const char *ya_raw_copy(ya_raw *raw, const ya_json_value *string)
{
    /* the quotes, which are not in `size`, make room for the NUL */
    char *to = take_scratch(raw, string->size + 1);
    to[ya_json_unescape(to, string->text, string->size)] = '\0';
    return to;
}

double ya_raw_number(const ya_json_value *value)
{
    return strtod(value->text, NULL); /* a member's number is followed by something else */
}

static void free_object(ya_raw_object *object)
{
    ya_free(object->items);
    ya_free(object->index);
    *object = (ya_raw_object){0};
}

void ya_raw_free(ya_raw *raw)
{
    free_object(&raw->fields);
    free_object(&raw->metadata);
    ya_free(raw->messages);
    ya_free(raw->scratch);
    *raw = (ya_raw){0};
}

/* Members by name: ----------------------------------------------------------------------------- */

/* Every ya_raw_field with its name; L is handed through. */
#define FIELDS(F, L)                                                                               \
    F(0, "text", L)                                                                                \
    F(1, "content", L)                                                                             \
    F(2, "body", L)                                                                                \
    F(3, "abstract", L)                                                                            \
    F(4, "description", L)                                                                         \
    F(5, "summary", L)                                                                             \
    F(6, "ocr_eng", L)                                                                             \
    F(7, "ocr_text", L)                                                                            \
    F(8, "article", L)                                                                             \
    F(9, "document", L)                                                                            \
    F(10, "title", L)                                                                              \
    F(11, "support", L) /* a passage is preferred to a question */                                 \
    F(12, "question", L)                                                                           \
    F(13, "answer", L)                                                                             \
    F(YA_RAW_MESSAGES, "messages", L)                                                              \
    F(YA_RAW_PROMPT, "prompt", L)                                                                  \
    F(YA_RAW_COMPLETION, "completion", L)                                                          \
    F(YA_RAW_METADATA, "metadata", L)                                                              \
    F(YA_RAW_AUTH_WEIGHT, "auth_weight", L)                                                        \
    F(YA_RAW_PROV_ENTROPY, "prov_entropy", L)                                                      \
    F(YA_RAW_INPUT_IDS, "input_ids", L)                                                            \
    F(YA_RAW_LABELS, "labels", L)                                                                  \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_YEAR, "year", L)                                             \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_DATE, "date", L)                                             \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_PUBLICATION_DATE, "publication_date", L)                     \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_PUBLISHED, "published", L)                                   \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_SOURCE, "source", L)                                         \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_URL, "url", L)                                               \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_PUBLISHER, "publisher", L)                                   \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_TYPE, "source_type", L)                                      \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_CITATION_COUNT, "citation_count", L)

/* The fields whose names have L letters, as bits. */
#define BIT(field, name, L) | (UINT32_C(1) << (field)) * (sizeof(name) - 1 == (L))
#define OF_LENGTH(L) (uint32_t)(0 FIELDS(BIT, L))
_Static_assert(YA_RAW_N_FIELDS <= 32, "a field is a bit of 32");

/* The field of that name, or -1. */
static int field_of(const char *name, size_t size)
{
#define NAME(field, name, L) [field] = name,
    static const char *const names[YA_RAW_N_FIELDS] = {FIELDS(NAME, 0)};
    static const uint32_t of_length[] = {
        OF_LENGTH(0),  OF_LENGTH(1),  OF_LENGTH(2),  OF_LENGTH(3),  OF_LENGTH(4),  OF_LENGTH(5),
        OF_LENGTH(6),  OF_LENGTH(7),  OF_LENGTH(8),  OF_LENGTH(9),  OF_LENGTH(10), OF_LENGTH(11),
        OF_LENGTH(12), OF_LENGTH(13), OF_LENGTH(14), OF_LENGTH(15), OF_LENGTH(16),
    };
    if (size >= sizeof of_length / sizeof *of_length)
        return -1;
    for (uint32_t left = of_length[size]; left; left &= left - 1) {
        int field = __builtin_ctz(left);
        if (*names[field] == *name && memcmp(names[field], name, size) == 0)
            return field;
    }
    return -1;
}

static bool has_name(const ya_raw_member *member, const char *name, size_t size)
{
    return member->name_size == size && memcmp(member->name, name, size) == 0;
}

static uint32_t hash_name(const char *name, size_t size)
{
    uint64_t hash = size;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash >> 32);
}

/* The place of a name in the index: that of its member, or an empty one. */
static uint32_t *index_slot(const ya_raw_object *object, const char *name, size_t size)
{
    uint32_t mask = object->index_room - 1, at = hash_name(name, size) & mask;
    while (object->index[at] && !has_name(&object->items[object->index[at] - 1], name, size))
        at = (at + 1) & mask;
    return &object->index[at];
}

/* Slots hold a member's position + 1; of equal names the last stays. */
static ya_status make_index(ya_raw_object *object, ya_error *err)
{
    object->index_room = 0;
    if (object->n <= FEW_MEMBERS)
        return YA_OK;
    uint32_t room = 64;
    while (room < 2 * object->n)
        room *= 2;
    if (room > object->index_allocated) {
        ya_free(object->index);
        object->index_allocated = 0;
        object->index = ya_alloc_zero(room, sizeof *object->index);
        if (!object->index)
            return out_of_memory("names", err);
        object->index_allocated = room;
    } else {
        memset(object->index, 0, room * sizeof *object->index);
    }
    object->index_room = room;
    for (uint32_t i = 0; i < object->n; i++)
        *index_slot(object, object->items[i].name, object->items[i].name_size) = i + 1;
    return YA_OK;
}

const ya_raw_member *ya_raw_find(const ya_raw_object *object, const char *name, size_t size)
{
    if (object->index_room) {
        uint32_t slot = *index_slot(object, name, size);
        return slot ? &object->items[slot - 1] : NULL;
    }
    for (uint32_t i = object->n; i > 0; i--)
        if (has_name(&object->items[i - 1], name, size))
            return &object->items[i - 1];
    return NULL;
}

bool ya_raw_is_last(const ya_raw_object *object, uint32_t i)
{
    const ya_raw_member *member = &object->items[i];
    return ya_raw_find(object, member->name, member->name_size) == member;
}

const ya_raw_member *ya_raw_known(const ya_raw_object *object, ya_raw_field field)
{
    return object->n > 0 && object->known[field] >= 0 ? &object->items[object->known[field]] : NULL;
}

static const ya_raw_member *own_or_else(const ya_raw_member *own, const ya_raw_member *other)
{
    return own && own->value.type != YA_JSON_NULL ? own : other ? other : own;
}

const ya_raw_member *ya_raw_own_or_metadata(const ya_raw *raw, const char *name, size_t size)
{
    return own_or_else(ya_raw_find(&raw->fields, name, size),
                       ya_raw_find(&raw->metadata, name, size));
}

bool ya_raw_key(ya_raw *raw, const char *name, size_t name_size, const char **text, size_t *size)
{
    const ya_raw_member *member = ya_raw_own_or_metadata(raw, name, name_size);
    if (!member || (member->value.type != YA_JSON_STRING && member->value.type != YA_JSON_NUMBER))
        return false;
    ya_raw_string(raw, &member->value, text, size);
    return *size > 0;
}

/* Reading: ------------------------------------------------------------------------------------- */

static ya_status make_member_room(ya_raw_object *object, ya_error *err)
{
    if (object->n < object->room)
        return YA_OK;
    uint32_t room = object->room + object->room / 2 + 16;
    ya_raw_member *bigger = ya_realloc_array(object->items, room, sizeof *bigger);
    if (!bigger)
        return out_of_memory("fields", err);
    object->items = bigger;
    object->room = room;
    return YA_OK;
}

static void begin_object(ya_raw_object *object)
{
    if (object->room > MEMBERS_KEPT || object->index_allocated > MEMBERS_KEPT)
        free_object(object);
    object->n = object->index_room = 0;
}

/* All members at the cursor, which may turn out bad. */
static ya_status read_object(ya_raw *raw, ya_raw_object *object, ya_json_cursor *cursor,
                             ya_error *err)
{
    ya_json_value name;
    ya_status status = YA_OK;
    memset(object->known, -1, sizeof object->known);
    for (;;) {
        YA_TRY(make_member_room(object, err));
        ya_raw_member *member = &object->items[object->n];
        if (!ya_json_next_member(cursor, &name, &member->value))
            break;
        size_t size;
        ya_raw_string(raw, &name, &member->name, &size);
        member->name_size = (uint32_t)size;
        int field = field_of(member->name, size);
        if (field >= 0)
            object->known[field] = (int32_t)object->n;
        object->n++;
    }
    if (!cursor->bad)
        status = make_index(object, err);
done:
    return status;
}

static ya_status read_metadata(ya_raw *raw, ya_error *err)
{
    ya_json_cursor cursor;
    const ya_raw_member *metadata = ya_raw_known(&raw->fields, YA_RAW_METADATA);
    if (!metadata || metadata->value.type != YA_JSON_OBJECT)
        return YA_OK;
    const ya_json_value *value = &metadata->value;
    if (!ya_json_enter(&cursor, value->text, value->text + value->size, YA_RECORD_MAX_DEPTH))
        return YA_OK;
    return read_object(raw, &raw->metadata, &cursor, err);
}

ya_status ya_raw_parse(ya_raw *raw, const ya_line *line, ya_line_reason *reason, ya_error *err)
{
    const char *end = line->text + line->size;
    ya_json_cursor cursor;
    ya_json_value other;
    ya_status status;
    begin_object(&raw->fields);
    begin_object(&raw->metadata);
    raw->text = NULL;
    raw->text_size = 0;
    *reason = line->too_long ? YA_LINE_LONG : YA_LINE_GOOD;
    if (line->too_long)
        return YA_OK;
    YA_TRY(prepare_scratch(raw, line->size, err));
    const char *at = ya_json_skip_space(line->text, end);
    bool is_object = at < end && *at == '{';
    if (!is_object) {
        at = ya_json_scan(at, end, YA_RECORD_MAX_DEPTH, &other);
    } else if (ya_json_enter(&cursor, at, end, YA_RECORD_MAX_DEPTH)) {
        YA_TRY(read_object(raw, &raw->fields, &cursor, err));
        at = cursor.bad ? NULL : cursor.at;
    }
    if (!at || ya_json_skip_space(at, end) != end)
        *reason = YA_LINE_JSON;
    else if (!is_object)
        *reason = YA_LINE_OBJECT;
    else
        status = read_metadata(raw, err);
done:
    return status;
}

/* The text: ------------------------------------------------------------------------------------ */

static ya_status add_message(ya_raw *raw, const ya_raw_message *message, ya_error *err)
{
    if (raw->n_messages == raw->room_messages) {
        size_t room = 2 * raw->room_messages + 8;
        ya_raw_message *bigger = ya_realloc_array(raw->messages, room, sizeof *bigger);
        if (!bigger)
            return out_of_memory("messages", err);
        raw->messages = bigger;
        raw->room_messages = room;
    }
    raw->messages[raw->n_messages++] = *message;
    return YA_OK;
}

/* {role, content}: a string; a string, null or absent. */
static bool read_message(ya_raw *raw, const ya_json_value *value, ya_raw_message *message)
{
    ya_json_cursor cursor;
    ya_json_value name, member, role = {.type = YA_JSON_NULL}, content = {.type = YA_JSON_NULL};
    if (value->type != YA_JSON_OBJECT ||
        !ya_json_enter(&cursor, value->text, value->text + value->size, YA_RECORD_MAX_DEPTH))
        return false;
    while (ya_json_next_member(&cursor, &name, &member)) {
        const char *text;
        size_t size, used = raw->scratch_used;
        ya_raw_string(raw, &name, &text, &size);
        if (size == 4 && memcmp(text, "role", 4) == 0)
            role = member;
        else if (size == 7 && memcmp(text, "content", 7) == 0)
            content = member;
        raw->scratch_used = used; /* the name is not kept */
    }
    if (role.type != YA_JSON_STRING ||
        (content.type != YA_JSON_STRING && content.type != YA_JSON_NULL))
        return false;
    message->role = ya_raw_copy(raw, &role);
    message->has_content = content.type == YA_JSON_STRING;
    message->content = "";
    message->content_size = 0;
    if (message->has_content)
        ya_raw_string(raw, &content, &message->content, &message->content_size);
    return true;
}

/* Takes `size` bytes as the text, without the white space at their ends. */
static void set_text(ya_raw *raw, const char *text, size_t size, ya_line_reason *reason)
{
    ya_text_trim(&text, &size);
    raw->text = text;
    raw->text_size = size;
    if (size == 0)
        *reason = YA_LINE_TEXT;
}

static char *put(char *to, const char *text, size_t size)
{
    memcpy(to, text, size);
    return to + size;
}

static void join_messages(ya_raw *raw, ya_line_reason *reason)
{
    size_t size = 0;
    for (size_t i = 0; i < raw->n_messages; i++)
        size += raw->messages[i].content_size + 1;
    char *text = take_scratch(raw, size), *at = text;
    for (size_t i = 0; i < raw->n_messages; i++) {
        if (!raw->messages[i].has_content)
            continue;
        if (at > text)
            *at++ = '\n';
        at = put(at, raw->messages[i].content, raw->messages[i].content_size);
    }
    set_text(raw, text, (size_t)(at - text), reason);
}

static ya_status read_chat(ya_raw *raw, const ya_json_value *messages, ya_line_reason *reason,
                           ya_error *err)
{
    ya_json_cursor cursor;
    ya_json_value item;
    ya_status status = YA_OK;
    raw->kind = YA_RECORD_CHAT;
    bool good = ya_json_enter(&cursor, messages->text, messages->text + messages->size,
                              YA_RECORD_MAX_DEPTH);
    while (good && ya_json_next_item(&cursor, &item)) {
        ya_raw_message message;
        good = read_message(raw, &item, &message);
        if (good)
            YA_TRY(add_message(raw, &message, err));
    }
    if (good)
        join_messages(raw, reason);
    else
        *reason = YA_LINE_MESSAGES;
done:
    return status;
}

static bool is_string(const ya_raw_member *member)
{
    return member && member->value.type == YA_JSON_STRING;
}

static bool is_blank(const char *text, size_t size)
{
    ya_text_trim(&text, &size);
    return size == 0;
}

/* Prompt and completion, when that is what the record is. */
static bool read_completion(ya_raw *raw, ya_line_reason *reason)
{
    const ya_raw_member *prompt = ya_raw_known(&raw->fields, YA_RAW_PROMPT);
    const ya_raw_member *completion = ya_raw_known(&raw->fields, YA_RAW_COMPLETION);
    if (!is_string(prompt) || !is_string(completion))
        return false;
    ya_raw_string(raw, &completion->value, &raw->completion, &raw->completion_size);
    if (is_blank(raw->completion, raw->completion_size))
        return false;
    raw->kind = YA_RECORD_COMPLETION;
    ya_raw_string(raw, &prompt->value, &raw->untrimmed, &raw->untrimmed_size);
    char *text = take_scratch(raw, raw->untrimmed_size + 1 + raw->completion_size);
    char *at = put(text, raw->untrimmed, raw->untrimmed_size);
    *at++ = '\n';
    at = put(at, raw->completion, raw->completion_size);
    set_text(raw, text, (size_t)(at - text), reason);
    return true;
}

/* Takes the member as the text when it is a string of more than `limit` characters; else returns
 * false, having taken one that is not blank if there was none before. */
static bool try_text(ya_raw *raw, const ya_raw_member *member, size_t limit)
{
    const char *whole, *text;
    size_t whole_size, size;
    if (!is_string(member))
        return false;
    ya_raw_string(raw, &member->value, &whole, &whole_size);
    text = whole;
    size = whole_size;
    ya_text_trim(&text, &size);
    bool enough = ya_text_is_longer(text, size, limit);
    if (enough || (size > 0 && !raw->field)) {
        raw->field = member;
        raw->untrimmed = whole;
        raw->untrimmed_size = whole_size;
        raw->text = text;
        raw->text_size = size;
    }
    return enough;
}

static void read_plain(ya_raw *raw, const char *text_field, ya_line_reason *reason)
{
    raw->kind = YA_RECORD_TEXT;
    if (text_field) {
        try_text(raw, ya_raw_find(&raw->fields, text_field, strlen(text_field)), 0);
    } else {
        for (int i = 0; i < YA_RAW_N_TEXTS; i++)
            if (try_text(raw, ya_raw_known(&raw->fields, (ya_raw_field)i), SHORT_TEXT))
                break;
    }
    if (!raw->field)
        *reason = YA_LINE_TEXT;
}

ya_status ya_raw_read_text(ya_raw *raw, const char *text_field, ya_line_reason *reason,
                           ya_error *err)
{
    const ya_raw_member *messages = ya_raw_known(&raw->fields, YA_RAW_MESSAGES);
    raw->field = NULL;
    raw->untrimmed = raw->completion = NULL;
    raw->untrimmed_size = raw->completion_size = 0;
    raw->n_messages = 0;
    *reason = YA_LINE_GOOD;
    if (messages && messages->value.type == YA_JSON_ARRAY) {
        const ya_json_value *value = &messages->value;
        const char *end = value->text + value->size - 1; /* the bracket */
        if (ya_json_skip_space(value->text + 1, end) != end)
            return read_chat(raw, value, reason, err);
    } else if (messages && messages->value.type != YA_JSON_NULL) {
        *reason = YA_LINE_MESSAGES;
        return YA_OK;
    }
    if (!read_completion(raw, reason))
        read_plain(raw, text_field, reason);
    return YA_OK;
}

void ya_raw_source(ya_raw *raw, ya_source *source)
{
    *source = (ya_source){.text = raw->text, .size = raw->text_size};
    for (int i = 0; i < YA_N_SOURCE_FIELDS; i++) {
        ya_raw_field field = (ya_raw_field)(YA_RAW_SOURCE_FIRST + i);
        const ya_raw_member *member =
            own_or_else(ya_raw_known(&raw->fields, field), ya_raw_known(&raw->metadata, field));
        ya_value *value = &source->fields[i];
        if (!member || member->value.type == YA_JSON_NULL)
            continue;
        value->kind = YA_VALUE_OTHER;
        if (member->value.type == YA_JSON_STRING) {
            value->kind = YA_VALUE_STRING;
            ya_raw_string(raw, &member->value, &value->text, &value->size);
        } else if (member->value.type == YA_JSON_NUMBER) {
            value->kind = YA_VALUE_NUMBER;
            value->text = member->value.text;
            value->size = member->value.size;
        }
    }
}
