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
    const char *field = data[0] & 1 ? "x" : NULL;
    ya_status status =
        ya_record_parse(&record, (const char *)data + 1, size - 1, field, &reason, &err);
    if (status == YA_OK && reason == YA_LINE_GOOD && record.kind == YA_RECORD_TEXT &&
        (!record.text || record.text_size == 0))
        abort(); /* a text that is none */
    if (size == 1)
        ya_record_free(&record);
    return 0;
}
