/* Room in the address space, which RLIMIT_AS and RLIMIT_DATA (ulimit -v, -d) limit. */
#ifndef YA_BASE_ROOM_H
#define YA_BASE_ROOM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* What oneDNN may take while it makes or first runs a kernel: less than 2 MB for the code of a
 * kernel, less than 8 MB for what its classic gemm packs, and what its threads' heaps begin with.
 * It does not survive an allocation that fails, so the room is looked for before. */
enum { YA_LIBRARY_ROOM = 32 << 20 };

/* Whether `bytes` of private memory could be mapped now; takes none. */
bool ya_has_room(size_t bytes);
/* YA_ERR_MEMORY with the limit and the bytes that are not left under it for `what`. */
ya_status ya_fail_room(size_t bytes, const char *what, ya_error *err);

#endif
