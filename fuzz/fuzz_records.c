/* A file of records, from its bytes to what each of them says: any form, any layout. The first byte
 * chooses how they are read, the rest is the file. */
#include "data/open.h"
#include "data/record.h"
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record that is good says something; one that is bad says why. */
static void check(const ya_record *record, ya_line_reason reason)
{
    const ya_raw *raw = &record->raw;
    if (reason != YA_LINE_GOOD) {
        fuzz_fail_unless(raw->why.text[0]);
        return;
    }
    fuzz_touch(raw->text, raw->text_size);
    fuzz_touch(record->completion, record->completion_size);
    for (size_t i = 0; i < raw->n_messages; i++) {
        const ya_message *m = &raw->messages[i];
        fuzz_fail_unless(m->role);
        fuzz_touch(m->content, m->content_size);
        fuzz_touch(m->parts, m->parts ? m->parts_size : 0);
        fuzz_touch(m->members, m->members ? m->members_size : 0);
        ya_json_value members;
        if (m->members) /* it is JSON again */
            fuzz_fail_unless(ya_json_scan(m->members, m->members + m->members_size,
                                          YA_RECORD_MAX_DEPTH,
                                          &members) == m->members + m->members_size);
    }
    fuzz_touch(raw->tools, raw->tools ? raw->tools_size : 0);
}

static void ignore(void *user, const char *name, size_t size)
{
    (void)user;
    fuzz_touch(name, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ya_record record;
    static ya_field_names names;
    char *const pairs[] = {"instruction=ask", "output=say", "messages=turns"};
    ya_record_file *file = NULL;
    ya_line line = {0};
    ya_error err = {0};
    if (size == 0)
        return 0;
    ya_status status =
        ya_field_names_read(&names, pairs, data[0] & 1 ? 3 : 0, data[0] & 2 ? "x" : NULL, &err);
    fuzz_fail_unless(status == YA_OK);
    record.raw.names = &names;
    status = ya_data_open(&file, fuzz_file(data + 1, size - 1, ".jsonl"), &names, &err);
    while (status == YA_OK && (status = ya_record_file_next(file, &line, &err)) == YA_OK &&
           line.text) {
        ya_line_reason reason;
        fuzz_fail_unless(ya_record_parse(&record, &line, &reason, &err) == YA_OK);
        check(&record, reason);
        if (reason == YA_LINE_GOOD)
            ya_raw_unused(&record.raw, ignore, NULL);
        fuzz_fail_unless(ya_raw_parse(&record.raw, &line, &reason, &err) == YA_OK);
        if (reason == YA_LINE_GOOD)
            fuzz_fail_unless(ya_raw_read_text(&record.raw, YA_READ_ARCHIVE, &reason, &err) ==
                             YA_OK);
    }
    fuzz_fail_unless(status == YA_OK || err.text[0]);
    ya_record_file_close(file);
    return 0;
}
