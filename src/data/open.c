#include "data/open.h"

#include "base/log.h"

#include <stddef.h>
#include <sys/stat.h>

ya_status ya_data_open(ya_record_file **out, const char *path, const ya_field_names *names,
                       ya_error *err)
{
    static const ya_raw_field fields[] = {
        YA_RAW_MESSAGES, YA_RAW_CONVERSATIONS, YA_RAW_PROMPT, YA_RAW_COMPLETION,
        YA_RAW_RESPONSE, YA_RAW_INSTRUCTION,   YA_RAW_INPUT,  YA_RAW_OUTPUT,
        YA_RAW_QUESTION, YA_RAW_ANSWER,        YA_RAW_CHOSEN, YA_RAW_REJECTED,
        YA_RAW_HISTORY,  YA_RAW_INPUT_IDS,     YA_RAW_TEXT,   YA_RAW_CONTENT,
        YA_RAW_BODY,
    };
    /* lists inside of one record, of layouts that are not known */
    static const char *const inside[] = {"segments", "dialog",     "dialogue", "conversation",
                                         "turns",    "utterances", "chat",     "paragraphs"};
    enum { N = sizeof fields / sizeof *fields, M = sizeof inside / sizeof *inside };
    const char *members[N + M + 1] = {NULL};
    for (int i = 0; i < N; i++)
        members[i] = ya_field_name(names, fields[i]);
    for (int i = 0; i < M; i++)
        members[N + i] = inside[i];
    const ya_record_file_options options = {.record_members = members};
    return ya_record_file_open(out, path, &options, err);
}

void ya_data_say(const ya_record_file *file, const char *path)
{
    const char *others, *list = ya_record_file_list(file, &others);
    if (list && *others)
        ya_info("%s: the records are those of its list %s; not used: %s", path, list, others);
    else if (list)
        ya_info("%s: the records are those of its list %s", path, list);
}

ya_status ya_data_check(const char *path, const ya_field_names *names, ya_error *err)
{
    struct stat info;
    ya_record_file *file = NULL;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return YA_OK;
    ya_status status = ya_data_open(&file, path, names, err);
    ya_record_file_close(file);
    return status ? status : ya_record_file_check(path, err);
}
