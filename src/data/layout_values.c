/* What every layout is read with: sentences and values. */
#include "data/layout_internal.h"

#include "data/messages.h"
#include "data/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sentences: ----------------------------------------------------------------------------------- */

ya_outcome ya_layout_refuse(ya_layout_reading *r, ya_line_reason reason, const char *format, ...)
{
    char text[YA_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ya_fail(&r->raw->why, YA_ERR_DATA, "%s", text);
    *r->reason = reason;
    return YA_REFUSED;
}

ya_outcome ya_layout_stop(ya_layout_reading *r, ya_status status)
{
    r->status = status;
    return status ? YA_REFUSED : YA_TAKEN;
}

/* Values: -------------------------------------------------------------------------------------- */

/* The member of that role when it has a value. */
const ya_raw_member *ya_layout_there(const ya_raw *raw, ya_raw_field field)
{
    const ya_raw_member *member = ya_raw_known(&raw->fields, field);
    return member && member->value.type != YA_JSON_NULL ? member : NULL;
}

bool ya_layout_is_blank(const char *text, size_t size)
{
    ya_text_trim(&text, &size);
    return size == 0;
}

bool ya_layout_is_array(ya_layout_reading *r, ya_raw_field field)
{
    ya_json_value array;
    size_t used = r->raw->scratch_used;
    const ya_raw_member *member = ya_layout_there(r->raw, field);
    bool found = member && ya_raw_array(r->raw, &member->value, &array);
    r->raw->scratch_used = used;
    return found;
}

/* The string of a field that is there, unescaped; else refuses it by its type. */
bool ya_layout_string(ya_layout_reading *r, ya_raw_field field, ya_layout_slice *out)
{
    const ya_raw_member *member = ya_layout_there(r->raw, field);
    if (member->value.type != YA_JSON_STRING) {
        ya_layout_refuse(r, YA_LINE_TEXT, "%.*s is %s, expected a string", (int)member->name_size,
                         member->name, ya_json_type_name((ya_json_type)member->value.type));
        return false;
    }
    ya_raw_string(r->raw, &member->value, &out->text, &out->size);
    r->raw->used |= YA_FIELD_BIT(field);
    return true;
}

/* The same of the first of several fields that is there; empty when none is. */
bool ya_layout_first(ya_layout_reading *r, const ya_raw_field *fields, int n, ya_layout_slice *out)
{
    *out = (ya_layout_slice){"", 0};
    for (int i = 0; i < n; i++)
        if (ya_layout_there(r->raw, fields[i]))
            return ya_layout_string(r, fields[i], out);
    return true;
}

/* Two texts as one, with `between` when neither is blank. */
ya_layout_slice ya_layout_join(ya_raw *raw, ya_layout_slice a, const char *between,
                               ya_layout_slice b)
{
    if (ya_layout_is_blank(a.text, a.size))
        return b;
    if (ya_layout_is_blank(b.text, b.size))
        return a;
    char *text = ya_raw_take(raw, a.size + strlen(between) + b.size), *at = text;
    at = ya_layout_put(at, a.text, a.size);
    at = ya_layout_put(at, between, strlen(between));
    at = ya_layout_put(at, b.text, b.size);
    return (ya_layout_slice){text, (size_t)(at - text)};
}

/* The record's text, without the white space at its ends; blank is refused. */
ya_outcome ya_layout_set_text(ya_layout_reading *r, ya_layout_slice text)
{
    ya_text_trim(&text.text, &text.size);
    r->raw->text = text.text;
    r->raw->text_size = text.size;
    return text.size > 0 ? YA_TAKEN
                         : ya_layout_refuse(r, YA_LINE_TEXT, "the record's texts are blank");
}

/* The fields that say where a record comes from, or what its number is. */
static uint64_t provenance_bits(void)
{
    return YA_LAYOUT_BIT(METADATA) | YA_LAYOUT_BIT(WEIGHT) | YA_LAYOUT_BIT(AUTH_WEIGHT) |
           YA_LAYOUT_BIT(PROV_ENTROPY) | YA_LAYOUT_BIT(IDENTIFIER) | YA_LAYOUT_BIT(ID) |
           YA_LAYOUT_BIT(TRIVIUM_CATEGORY) | YA_LAYOUT_BIT(PRIMARY_SOURCE_COUNT) |
           (YA_FIELD_BIT(YA_RAW_N_FIELDS) - YA_FIELD_BIT(YA_RAW_SOURCE_FIRST));
}

bool ya_layout_is_unused(const ya_raw *raw, uint32_t i)
{
    const ya_raw_member *member = &raw->fields.items[i];
    const ya_json_value *value = &member->value;
    uint64_t known = raw->used | provenance_bits();
    if (value->type == YA_JSON_NULL || (value->type == YA_JSON_STRING && value->size == 0) ||
        ((value->type == YA_JSON_ARRAY || value->type == YA_JSON_OBJECT) && value->size <= 2))
        return false;
    if (member->field >= 0 && known & YA_FIELD_BIT(member->field))
        return false;
    return ya_raw_is_last(&raw->fields, i);
}
