#include "hub/digest.h"

#include "io/sha256.h"
#include "train/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 16, SHA1_DIGITS = 40, SHA256_DIGITS = 64 };

bool ya_digest_is_name(const char *hex)
{
    size_t n = ya_hex_digits(hex);
    return hex[n] == '\0' && (n == SHA1_DIGITS || n == SHA256_DIGITS);
}

static ya_status fail(ya_error *err)
{
    return ya_fail(err, YA_ERR_IO, "libcrypto cannot compute a checksum");
}

ya_status ya_digest_begin(ya_digest *digest, const char *name, uint64_t size, ya_error *err)
{
    bool git = strlen(name) == SHA1_DIGITS;
    char head[32];
    digest->context = EVP_MD_CTX_new();
    if (!digest->context ||
        EVP_DigestInit_ex(digest->context, git ? EVP_sha1() : EVP_sha256(), NULL) != 1) {
        ya_digest_drop(digest);
        return fail(err);
    }
    int n = snprintf(head, sizeof head, "blob %llu", (unsigned long long)size);
    return git ? ya_digest_add(digest, head, (size_t)n + 1, err) : YA_OK;
}

ya_status ya_digest_add(ya_digest *digest, const void *bytes, size_t n, ya_error *err)
{
    return EVP_DigestUpdate(digest->context, bytes, n) == 1 ? YA_OK : fail(err);
}

ya_status ya_digest_end(ya_digest *digest, char hex[YA_DIGEST_HEX], ya_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    int good = EVP_DigestFinal_ex(digest->context, sum, &length);
    ya_digest_drop(digest);
    if (good != 1 || 2 * length >= YA_DIGEST_HEX)
        return fail(err);
    for (unsigned i = 0; i < length; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[2 * length] = '\0';
    return YA_OK;
}

void ya_digest_drop(ya_digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

ya_status ya_digest_add_file(ya_digest *digest, int file, const char *path, uint64_t n,
                             ya_error *err)
{
    unsigned char block[BLOCK_BYTES];
    uint64_t done = 0;
    while (done < n) {
        size_t want = n - done < sizeof block ? (size_t)(n - done) : sizeof block;
        ssize_t got = pread(file, block, want, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path);
        if (got == 0)
            return ya_fail(err, YA_ERR_IO, "%s became shorter while it was read", path);
        ya_status status = ya_digest_add(digest, block, (size_t)got, err);
        if (!status && ya_interrupt_signal())
            status = ya_fail(err, YA_ERR_INTERRUPTED, "interrupted");
        if (status)
            return status;
        done += (uint64_t)got;
    }
    return YA_OK;
}

ya_status ya_digest_check_file(const char *path, const char *name, bool *matches, ya_error *err)
{
    ya_digest digest = {0};
    char hex[YA_DIGEST_HEX];
    struct stat info;
    ya_status status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    *matches = false;
    if (file < 0 || fstat(file, &info) != 0)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot open %s", path));
    YA_TRY(ya_digest_begin(&digest, name, (uint64_t)info.st_size, err));
    YA_TRY(ya_digest_add_file(&digest, file, path, (uint64_t)info.st_size, err));
    YA_TRY(ya_digest_end(&digest, hex, err));
    *matches = strcmp(hex, name) == 0;
done:
    ya_digest_drop(&digest);
    if (file >= 0)
        close(file);
    return status;
}
