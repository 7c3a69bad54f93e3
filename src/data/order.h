/* The order in which records are taken: a pure function of (seed, epoch), so that a run resumes in
 * the middle of an epoch without replaying or storing anything. */
#ifndef YA_DATA_ORDER_H
#define YA_DATA_ORDER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t n_records; /* > 0 */
    uint64_t seed;
    bool shuffle; /* false: the order of the files */
} ya_order;

/* The record at place `cursor` of the endless stream: epoch cursor / n_records, place cursor %
 * n_records within it. Each epoch is a permutation of 0 .. n_records - 1: a six-round Feistel
 * network on the next power of four, walked until it falls below n_records (Black & Rogaway 2002);
 * fewer than four steps on the average. */
uint64_t ya_order_record(const ya_order *order, uint64_t cursor);

#endif
