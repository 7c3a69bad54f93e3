/* Opening a file of records, for whatever reads them. */
#ifndef YA_DATA_OPEN_H
#define YA_DATA_OPEN_H

#include "data/fields.h"
#include "io/record_file.h"

/* ya_record_file_open with the members that a record is known by; `names` as --field has it, or
 * NULL. */
ya_status ya_data_open(ya_record_file **out, const char *path, const ya_field_names *names,
                       ya_error *err) YA_CHECK;

/* Says where in the file the records are, and what of it is not read, if there is something to say.
 */
void ya_data_say(const ya_record_file *file, const char *path);

/* Whether a regular file can be opened, and read to its end where it is compressed: to be asked
 * before anything is written. Others are not looked at. */
ya_status ya_data_check(const char *path, const ya_field_names *names, ya_error *err) YA_CHECK;

#endif
