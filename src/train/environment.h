/* The machine in a few words, for the record of a run. Linux: /proc/cpuinfo, uname. */
#ifndef YA_TRAIN_ENVIRONMENT_H
#define YA_TRAIN_ENVIRONMENT_H

#include <stddef.h>

/* Both NUL-terminated and cut to `room`; "unknown" where the system does not say. */
void ya_processor_name(char *out, size_t room);
void ya_system_name(char *out, size_t room);

#endif
