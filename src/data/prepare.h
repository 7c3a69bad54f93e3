/* The command prepare: spec/data.md "prepare".
 *
 *     pass 1   lines -> keys, hashes of normalised chunks, bands    prepare_read.c rejected.jsonl
 *     select   draws, caps, bands, val and train                    selection.c
 *     pass 2   chosen lines -> examples, in a temporary file        prepare_write.c
 *              -> in the order of the draws                         train.jsonl, val.jsonl
 *     counts and statistics                                         prepare_summary.c summary.json
 */
#ifndef YA_DATA_PREPARE_H
#define YA_DATA_PREPARE_H

#include "settings/settings.h"

/* Reads --input twice, writes the four files of --output, which appear together at the end, and
 * prints the summary. YA_ERR_DATA, with the files written, when no example is left. Memory: 61
 * bytes a record or chunk. */
ya_status ya_prepare(const ya_settings *settings, ya_error *err) YA_CHECK;

#endif
