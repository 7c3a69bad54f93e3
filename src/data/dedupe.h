/* The command dedupe: spec/data.md "dedupe". */
#ifndef YA_DATA_DEDUPE_H
#define YA_DATA_DEDUPE_H

#include "settings/settings.h"

/* Copies the lines of --input that are no duplicates to --output, which appears whole at the end
 * and may be the input, and prints the counts on stdout. Memory: 21 bytes a key, with --near 1 KiB
 * a record. */
ya_status ya_dedupe(const ya_settings *settings, ya_error *err) YA_CHECK;

#endif
