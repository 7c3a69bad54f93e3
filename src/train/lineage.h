/* What a run learned from: fingerprints of base and data, provenance.json. */
#ifndef YA_TRAIN_LINEAGE_H
#define YA_TRAIN_LINEAGE_H

#include "base/buffer.h"
#include "train/job.h"

/* A fingerprint of the base model's weight files: SHA-256 over each file's size and the SHA-256 of
 * up to YA_FINGERPRINT_BLOCKS blocks of YA_FINGERPRINT_BLOCK bytes spread evenly over it, first and
 * last included (a file of at most that many bytes: the whole). It tells models apart in a moment
 * however large they are; it is no proof against tampering, `inspect --hash` is. Names and places
 * of the files do not count. */
enum { YA_FINGERPRINT_BLOCKS = 64, YA_FINGERPRINT_BLOCK = 64 << 10 };
ya_status ya_fingerprint_model(const ya_model *model, char hex[YA_SHA256_HEX],
                               ya_error *err) YA_CHECK;

/* Of a data set: SHA-256 over the SHA-256 of its files, in order. */
ya_status ya_fingerprint_data(const ya_dataset *data, char hex[YA_SHA256_HEX],
                              ya_error *err) YA_CHECK;

/* Appends provenance.json. */
ya_status ya_provenance_format(const ya_job *job, const char *base_fingerprint, ya_buffer *out,
                               ya_error *err) YA_CHECK;

#endif
