#include "tensor/rehearsal.h"

#include "base/checked.h"
#include "base/room.h"
#include "tensor/matmul.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static const double SMALL_FLOP = 1e8; /* about a millisecond */
static const size_t WINDOW_BYTES = (size_t)8 << 20;

/* Address ranges; `bytes` 0: none. */
typedef struct {
    char *base;
    size_t bytes;
} range;

void ya_rehearsal_keep_heap(void)
{
    enum { LARGEST_HEAP_BLOCK = 32 << 20 }; /* the most that malloc accepts */
    mallopt(M_MMAP_THRESHOLD, LARGEST_HEAP_BLOCK);
    mallopt(M_TRIM_THRESHOLD, -1);
}

static double flop(const ya_matmul_shape *s)
{
    return 2.0 * s->m * s->n * s->k;
}

static bool same_kind(const ya_matmul_shape *x, const ya_matmul_shape *y)
{
    return x->type == y->type && x->a_transposed == y->a_transposed &&
           x->b_transposed == y->b_transposed && x->accumulate == y->accumulate;
}

/* The shape at `place` is a large product, and another of its kind is at least as large each way.
 */
static bool is_covered(int place)
{
    size_t scratch;
    const ya_matmul_shape *s = ya_matmul_at(place, &scratch);
    if (flop(s) <= SMALL_FLOP)
        return false;
    for (int i = 0; i < ya_matmul_places(); i++) {
        const ya_matmul_shape *other = i == place ? NULL : ya_matmul_at(i, &scratch);
        if (other && same_kind(s, other) && other->m >= s->m && other->n >= s->n &&
            other->k >= s->k && (flop(other) > flop(s) || i < place))
            return true;
    }
    return false;
}

/* Bytes from an operand's first element to behind its last; + a page, for kernels that look ahead.
 */
static size_t span(int rows, int stride, size_t element)
{
    return (size_t)rows * (size_t)stride * element + (size_t)sysconf(_SC_PAGESIZE);
}

static void raise(size_t *most, size_t bytes)
{
    *most = bytes > *most ? bytes : *most;
}

static range map(size_t bytes, int protection)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *base = mmap(NULL, bytes, protection, flags, -1, 0);
    if (base == MAP_FAILED)
        return (range){0};
    return (range){base, bytes};
}

static void unmap(range *r)
{
    if (r->base)
        munmap(r->base, r->bytes);
    *r = (range){0};
}

/* A range to write to, all of which is the same few pages of shared memory again and again. */
static range map_window(size_t bytes)
{
    size_t size = (bytes + WINDOW_BYTES - 1) / WINDOW_BYTES * WINDOW_BYTES;
    range r = map(size, PROT_NONE);
    int file = memfd_create("rehearsal", MFD_CLOEXEC);
    bool good = r.base && file >= 0 && ftruncate(file, (off_t)WINDOW_BYTES) == 0;
    for (size_t at = 0; good && at < size; at += WINDOW_BYTES)
        good = mmap(r.base + at, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                    0) != MAP_FAILED;
    if (file >= 0)
        close(file);
    if (!good)
        unmap(&r);
    return r;
}

/* Bytes of the greatest operands. */
typedef struct {
    size_t inputs, output, scratch;
} sizes;

static sizes find_sizes(void)
{
    sizes z = {0};
    for (int i = 0; i < ya_matmul_places(); i++) {
        size_t scratch;
        const ya_matmul_shape *s = ya_matmul_at(i, &scratch);
        if (!s)
            continue;
        size_t element = s->type == YA_BF16 ? 2 : 4;
        raise(&z.inputs, span(s->a_transposed ? s->k : s->m, s->lda, element));
        raise(&z.inputs, span(s->b_transposed ? s->n : s->k, s->ldb, element));
        raise(&z.output, span(s->m, s->ldc, sizeof(float)));
        raise(&z.scratch, scratch);
    }
    return z;
}

size_t ya_rehearsal_run(void)
{
    sizes z = find_sizes();
    size_t needed = z.inputs + z.output + WINDOW_BYTES + z.scratch + YA_LIBRARY_ROOM;
    if (z.output == 0)
        return 0;
    if (!ya_has_room(needed))
        return needed;
    range in = map(z.inputs, PROT_READ), out = map_window(z.output);
    range scratch = map(z.scratch + 1, PROT_READ | PROT_WRITE);
    bool good = in.base && out.base && scratch.base;
    for (int i = 0; good && i < ya_matmul_places(); i++) {
        size_t bytes;
        const ya_matmul_shape *s = ya_matmul_at(i, &bytes);
        if (s && !is_covered(i))
            ya_matmul(s, in.base, in.base, (float *)(void *)out.base, scratch.base, bytes);
    }
    unmap(&in);
    unmap(&out);
    unmap(&scratch);
    return good ? 0 : needed;
}
