/* Packed files for the tests of readers. */
#ifndef TESTS_SUPPORT_PACK_H
#define TESTS_SUPPORT_PACK_H

#include "support/cmocka_all.h"

#include <stdbool.h>
#include <zlib.h>
#include <zstd.h>

/* Packs `text` as one gzip member or one zstd frame into `out`; returns its bytes. */
static inline size_t pack(bool zstd, const void *text, size_t size, unsigned char *out, size_t room)
{
    if (zstd) {
        size_t n = ZSTD_compress(out, room, text, size, 3);
        assert_false(ZSTD_isError(n));
        return n;
    }
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    deflateEnd(&z);
    return n;
}

#endif
