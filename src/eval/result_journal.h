/* What a long measurement has found so far, so that an interrupted one goes on where it was.
 *
 *     DIR/journal.jsonl:  {"key": SHA-256 of all that the results depend on}
 *                         {"id": "truthfulqa/base/17", "value": ...}
 *
 * A journal with another key is begun anew; a torn last line is cut off. One process at a time: the
 * file is locked. */
#ifndef YA_EVAL_RESULT_JOURNAL_H
#define YA_EVAL_RESULT_JOURNAL_H

#include "base/error.h"

#include <jansson.h>

/* {0} is a journal that keeps nothing. */
typedef struct {
    char *path;
    int fd;
    json_t *entries; /* {id: value}; NULL: keeps nothing */
} ya_result_journal;

/* Opens DIR/journal.jsonl, which is made if need be. `key`: a text of any length. YA_ERR_IO when
 * another process has it. */
ya_status ya_result_journal_open(ya_result_journal *journal, const char *dir, const char *key,
                                 ya_error *err) YA_CHECK;
/* Borrowed; NULL: not there. */
const json_t *ya_result_journal_find(const ya_result_journal *journal, const char *id);
/* How many entries were there or were added. */
size_t ya_result_journal_size(const ya_result_journal *journal);
/* Takes `value` over (NULL: YA_ERR_MEMORY) and writes its line. */
ya_status ya_result_journal_add(ya_result_journal *journal, const char *id, json_t *value,
                                ya_error *err) YA_CHECK;
/* Removes the file, when all is done, and closes. */
void ya_result_journal_finish(ya_result_journal *journal);
/* Closes; the file stays for the next run. */
void ya_result_journal_close(ya_result_journal *journal);

#endif
