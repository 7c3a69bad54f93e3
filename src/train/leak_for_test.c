/* A leak on purpose: see loop.h. */
#include "train/loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const double MOST_MB = 1024.0; /* a step */

size_t ya_loop_leak_for_test(void)
{
    const char *text = getenv("YA_LEAK_MB");
    double mb = text ? strtod(text, NULL) : 0.0;
    return mb > 0.0 && mb <= MOST_MB ? (size_t)llround(mb * (double)YA_MB) : 0;
}

void ya_loop_leak(size_t bytes)
{
    if (bytes == 0)
        return;
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block != MAP_FAILED)
        memset(block, 1, bytes);
}
