/* Invariants:
 *   1. A line is scanned once, from its first byte to its last; after that every value of it is
 *      known to be well-formed, and cursors over parts of it cannot fail.
 *   2. The scratch is made before any view of it is handed out, and does not move: of the line's
 *      bytes each is written for at most SCRATCH_USES purposes. */
#include "data/raw.h"

#include "base/alloc.h"
#include "base/log.h"
#include "token/unicode.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* names; what a string holds as JSON; members of messages (3); texts; texts joined to one
       message; the text joined; the source's fields; a key */
    SCRATCH_USES = 10,
    SCRATCH_KEPT = 1 << 20,
    MEMBERS_KEPT = 1 << 14,
    FEW_MEMBERS = 24 /* are searched one by one */
};

/* Name, and what is said of such lines. */
static const char *const reasons[YA_N_LINE_REASONS][2] = {
    [YA_LINE_GOOD] = {"good", "good"},
    [YA_LINE_LONG] = {"long", "longer than 64 MiB"},
    [YA_LINE_JSON] = {"json", "not JSON"},
    [YA_LINE_OBJECT] = {"object", "not a record"},
    [YA_LINE_MESSAGES] = {"messages", "with a message that cannot be read"},
    [YA_LINE_TEXT] = {"text", "of no known layout"},
    [YA_LINE_ANSWER] = {"answer", "without an answer"},
    [YA_LINE_PAIR] = {"pair", "a preference pair"},
    [YA_LINE_TEMPLATE] = {"template", "refused by the chat template"},
    [YA_LINE_LABELS] = {"labels", "with a wrong weight or label"},
    [YA_LINE_IDS] = {"ids", "with token ids that are none"},
    [YA_LINE_OVERLONG] = {"overlong", "longer than max_seq_length"},
    [YA_LINE_SHORT] = {"short", "too short"},
};

const char *ya_line_reason_name(ya_line_reason reason)
{
    return reasons[reason][0];
}

const char *ya_line_reason_text(ya_line_reason reason)
{
    return reasons[reason][1];
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
    size_t need = SCRATCH_USES * size + 256;
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

char *ya_raw_take(ya_raw *raw, size_t size)
{
    assert(size <= raw->scratch_room - raw->scratch_used); /* invariant 2 */
    char *taken = raw->scratch + raw->scratch_used;
    raw->scratch_used += size;
    return taken;
}

void ya_raw_give_back(ya_raw *raw, size_t size)
{
    assert(size <= raw->scratch_used);
    raw->scratch_used -= size;
}

void ya_raw_note_unused(ya_raw *raw, const char *before, const char *name, size_t size)
{
    char text[sizeof raw->unused_parts[0]];
    snprintf(text, sizeof text, "%s%.*s", before, size < 40 ? (int)size : 40, name);
    for (int i = 0; i < raw->n_unused_parts; i++)
        if (strcmp(raw->unused_parts[i], text) == 0)
            return;
    if (raw->n_unused_parts < YA_UNUSED_PARTS)
        memcpy(raw->unused_parts[raw->n_unused_parts++], text, sizeof text);
}

void ya_raw_string(ya_raw *raw, const ya_json_value *value, const char **text, size_t *size)
{
    *text = value->text;
    *size = value->size;
    if (!value->escaped)
        return;
    char *to = ya_raw_take(raw, value->size);
    *size = ya_json_unescape(to, value->text, value->size);
    *text = to;
    raw->scratch_used -= value->size - *size;
}

const char *ya_raw_copy(ya_raw *raw, const ya_json_value *string)
{
    /* the quotes, which are not in `size`, make room for the NUL */
    char *to = ya_raw_take(raw, string->size + 1);
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
        int field = ya_field_of(raw->names, member->name, size);
        member->field = (int16_t)field;
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

/* A sentence for what could not be read. */
static void say_no_json(ya_raw *raw, const ya_line *line)
{
    if (ya_utf8_valid(line->text, line->size) != line->size)
        ya_fail(&raw->why, YA_ERR_DATA,
                "the record is not UTF-8; iconv -f WINDOWS-1252 -t UTF-8 converts older files");
    else
        ya_fail(&raw->why, YA_ERR_DATA,
                "the record is not JSON (RFC 8259), or nested deeper than %d", YA_RECORD_MAX_DEPTH);
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
    raw->why.text[0] = '\0';
    raw->table = line->table;
    *reason = line->too_long ? YA_LINE_LONG : YA_LINE_GOOD;
    if (line->too_long) {
        ya_fail(&raw->why, YA_ERR_DATA, "the record is longer than %d MiB",
                YA_LINE_MAX_BYTES >> 20);
        return YA_OK;
    }
    if (line->bad) {
        *reason = YA_LINE_OBJECT;
        ya_fail(&raw->why, YA_ERR_DATA, "%s", line->bad);
        return YA_OK;
    }
    YA_TRY(prepare_scratch(raw, line->size, err));
    const char *at = ya_json_skip_space(line->text, end);
    bool is_object = at < end && *at == '{';
    if (!is_object) {
        at = ya_json_scan(at, end, YA_RECORD_MAX_DEPTH, &other);
    } else if (ya_json_enter(&cursor, at, end, YA_RECORD_MAX_DEPTH)) {
        YA_TRY(read_object(raw, &raw->fields, &cursor, err));
        at = cursor.bad ? NULL : cursor.at;
    }
    if (!at || ya_json_skip_space(at, end) != end) {
        *reason = YA_LINE_JSON;
        say_no_json(raw, line);
    } else if (!is_object) {
        *reason = YA_LINE_OBJECT;
        ya_fail(&raw->why, YA_ERR_DATA, "the record is %s, expected an object {\"field\": ...}",
                ya_json_type_name((ya_json_type)other.type));
    } else {
        status = read_metadata(raw, err);
    }
done:
    return status;
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
