/* Is a directory what its SHA256SUMS says? */
#include "io/listing.h"
#include "io/outdir.h"
#include "io/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char SUMS[] = "SHA256SUMS";
enum { LINE_BYTES = YA_SHA256_HEX - 1 + 2 + YA_NAME_MAX };
enum { SUMS_MAX_BYTES = YA_LISTING_MAX * LINE_BYTES };

static ya_status read_sums(const char *path, char text[SUMS_MAX_BYTES + 1], ya_error *err)
{
    size_t used = 0;
    ssize_t n;
    struct stat info;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return ya_fail_errno(err, errno == ENOENT ? YA_ERR_FORMAT : YA_ERR_IO, "cannot open %s",
                             path);
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(file);
        return ya_fail(err, YA_ERR_FORMAT, "%s is no plain file", path);
    }
    while ((n = read(file, text + used, SUMS_MAX_BYTES + 1 - used)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        used += (size_t)n;
        if (used > SUMS_MAX_BYTES)
            break;
    }
    ya_status status = n < 0 ? ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path) : YA_OK;
    close(file);
    if (!status && used > SUMS_MAX_BYTES)
        status =
            ya_fail(err, YA_ERR_FORMAT, "%s is larger than %d bytes", path, (int)SUMS_MAX_BYTES);
    if (!status && (used == 0 || memchr(text, '\0', used) || text[used - 1] != '\n'))
        status = ya_fail(err, YA_ERR_FORMAT, "%s is empty or torn", path);
    if (!status)
        text[used] = '\0';
    return status;
}

/* One line, without its LF: compares the file with its sum and marks it in `seen`. */
static ya_status check_line(const char *path, const char *line, const ya_listing *files,
                            bool seen[YA_LISTING_MAX], ya_error *err)
{
    enum { DIGITS = YA_SHA256_HEX - 1 };
    char file[YA_PATH_MAX], hex[YA_SHA256_HEX];
    struct stat info;
    if (ya_hex_digits(line) != DIGITS || line[DIGITS] != ' ' ||
        (line[DIGITS + 1] != ' ' && line[DIGITS + 1] != '*'))
        return ya_fail(err, YA_ERR_FORMAT, "%s/%s has a line that is no sum: %.100s", path, SUMS,
                       line);
    const char *name = line + DIGITS + 2;
    int i = 0;
    while (i < files->n && strcmp(files->names[i], name) != 0)
        i++;
    if (i == files->n)
        return ya_fail(err, YA_ERR_FORMAT, "%s lacks the file %.255s that its %s lists", path, name,
                       SUMS);
    ya_status status;
    YA_TRY(ya_path_join(file, path, name, err));
    if (stat(file, &info) != 0 || !S_ISREG(info.st_mode)) /* a device may have no end */
        return ya_fail(err, YA_ERR_FORMAT, "%s is no plain file", file);
    YA_TRY(ya_sha256_file(file, hex, err));
    if (memcmp(hex, line, DIGITS) != 0)
        return ya_fail(err, YA_ERR_FORMAT, "%s is corrupt: its SHA-256 is %s, %s says %.64s", file,
                       hex, SUMS, line);
    seen[i] = true;
done:
    return status;
}

ya_status ya_outdir_verify(const char *path, ya_error *err)
{
    char sums_path[YA_PATH_MAX], text[SUMS_MAX_BYTES + 1];
    bool seen[YA_LISTING_MAX] = {false};
    ya_listing files;
    ya_status status;
    YA_TRY(ya_path_join(sums_path, path, SUMS, err));
    YA_TRY(read_sums(sums_path, text, err));
    YA_TRY(ya_list(&files, path, NULL, SUMS, err));
    if (files.more)
        return ya_fail(err, YA_ERR_FORMAT, "%s holds more than %d files", path,
                       (int)YA_LISTING_MAX);
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n'); /* read_sums saw that the text ends with one */
        *end = '\0';
        YA_TRY(check_line(path, line, &files, seen, err));
    }
    for (int i = 0; i < files.n; i++)
        if (!seen[i])
            return ya_fail(err, YA_ERR_FORMAT, "%s holds the file %s that its %s does not list",
                           path, files.names[i], SUMS);
done:
    return status;
}
