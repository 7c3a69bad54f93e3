#include "base/room.h"

#include <sys/mman.h>
#include <sys/resource.h>

bool ya_has_room(size_t bytes)
{
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return room != MAP_FAILED && munmap(room, bytes) == 0;
}

ya_status ya_fail_room(size_t bytes, const char *what, ya_error *err)
{
    struct rlimit space, data;
    bool by_space = getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
    bool by_data = getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY;
    if (!by_space && !by_data)
        return ya_fail(err, YA_ERR_MEMORY, "the system has not the %zu MB left that %s needs",
                       bytes >> 20, what);
    return ya_fail(
        err, YA_ERR_MEMORY,
        "of the %zu MB of address space that %s allows, the %zu MB that %s needs are not "
        "left",
        (size_t)(by_space ? space.rlim_cur : data.rlim_cur) >> 20,
        by_space ? "ulimit -v" : "ulimit -d", bytes >> 20, what);
}
