/* The command analyze: spec/data.md "analyze". */
#ifndef YA_DATA_ANALYZE_H
#define YA_DATA_ANALYZE_H

#include "settings/settings.h"

/* Prints what the records of --input are, by file and in all, on stdout: a table, with --json one
 * document. Memory: 29 bytes for each value of the four fields that should be unique. */
ya_status ya_analyze(const ya_settings *settings, ya_error *err) YA_CHECK;

#endif
