#include "data/order.h"

#include "base/random.h"

#include <assert.h>

enum { ROUNDS = 6 };

/* One pass of the network over 2 * half bits. */
static uint64_t feistel(uint64_t x, unsigned half, uint64_t key)
{
    uint64_t mask = (UINT64_C(1) << half) - 1;
    uint64_t left = x >> half, right = x & mask;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t mixed = ya_splitmix64(key + round, right) & mask;
        uint64_t next = left ^ mixed;
        left = right;
        right = next;
    }
    return left << half | right;
}

uint64_t ya_order_record(const ya_order *order, uint64_t cursor)
{
    uint64_t n = order->n_records;
    assert(n > 0);
    uint64_t epoch = cursor / n, at = cursor % n;
    if (!order->shuffle || n == 1)
        return at;
    unsigned half = 1;
    while (half < 32 && (UINT64_C(1) << (2 * half)) < n)
        half++;
    uint64_t key = ya_splitmix64(ya_splitmix64(order->seed, 0), epoch);
    do
        at = feistel(at, half, key);
    while (at >= n);
    return at;
}
