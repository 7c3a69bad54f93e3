#include "data/open.h"

#include <stddef.h>
#include <sys/stat.h>

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

ya_status ya_data_check(const char *path, ya_error *err)
{
    struct stat info;
    ya_record_file *file = NULL;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return YA_OK;
    ya_status status = ya_data_open(&file, path, err);
    ya_record_file_close(file);
    return status ? status : ya_record_file_check(path, err);
}
