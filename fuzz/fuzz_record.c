/* A line of a data set: any bytes. The first byte chooses whether a text field is named. */
#include "data/record.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ya_record record;
    ya_line_reason reason;
    ya_error err;
    if (size == 0)
        return 0;
    static ya_field_names fields;
    const ya_line line = {
        .text = (const char *)data + 1,
        .size = size - 1,
        .number = 1,
        .table = (data[0] & 2) != 0,
    };
    char *const pairs[] = {"instruction=ask", "output=say", "weight=pull"};
    ya_status status =
        ya_field_names_read(&fields, pairs, data[0] & 4 ? 3 : 0, data[0] & 1 ? "x" : NULL, &err);
    if (status != YA_OK)
        abort();
    record.raw.names = &fields;
    status = ya_record_parse(&record, &line, &reason, &err);
    if (status == YA_OK && reason != YA_LINE_GOOD && !record.raw.why.text[0])
        abort(); /* nothing says why */
    if (status == YA_OK && reason == YA_LINE_GOOD && record.kind == YA_RECORD_TEXT &&
        (!record.text || record.text_size == 0))
        abort(); /* a text that is none */
    if (size == 1)
        ya_record_free(&record);
    return 0;
}
