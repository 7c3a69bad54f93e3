#include "data/open.h"

#include <stddef.h>

ya_status ya_data_open(ya_record_file **out, const char *path, ya_error *err)
{
    static const char *const members[] = {
        "messages", "conversations", "prompt",    "completion", "instruction", "question",
        "answer",   "chosen",        "rejected",  "text",       "content",     "body",
        "history",  "response",      "input_ids", NULL,
    };
    const ya_record_file_options options = {.record_members = members};
    return ya_record_file_open(out, path, &options, err);
}
