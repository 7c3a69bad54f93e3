#include "data/rate.h"

#include "base/clock.h"
#include "base/log.h"

#include <sys/stat.h>

static const int64_t PROGRESS_NS = 2000000000;

static uint64_t bytes_of(const char *const *paths, size_t n_paths)
{
    uint64_t total = 0;
    for (size_t i = 0; i < n_paths; i++) {
        struct stat info;
        if (stat(paths[i], &info) != 0 || !S_ISREG(info.st_mode))
            return 0;
        total += (uint64_t)info.st_size;
    }
    return total;
}

void ya_rate_begin(ya_rate *rate, const char *doing, const char *const *paths, size_t n_paths)
{
    *rate = (ya_rate){.doing = doing, .start_ns = ya_now_ns()};
    rate->next_ns = rate->start_ns + PROGRESS_NS;
    if (doing)
        rate->bytes_total = bytes_of(paths, n_paths);
}

void ya_rate_add(ya_rate *rate, uint64_t n_lines, uint64_t bytes, uint64_t file_bytes)
{
    rate->n_lines += n_lines;
    rate->bytes += bytes;
    if (!rate->doing)
        return;
    int64_t now = ya_now_ns();
    if (now < rate->next_ns)
        return;
    rate->next_ns = now + PROGRESS_NS;
    double seconds = (double)(now - rate->start_ns) * 1e-9;
    double speed = (double)rate->bytes * 1e-6 / seconds;
    if (rate->bytes_total == 0 || file_bytes == 0) {
        ya_info("%s: %llu lines, %.0f MB/s", rate->doing, (unsigned long long)rate->n_lines, speed);
        return;
    }
    double share = (double)file_bytes / (double)rate->bytes_total;
    if (share > 1) /* the file grows while it is read */
        share = 1;
    double left = seconds / share - seconds;
    ya_info("%s: %.0f %%, %llu lines, %.0f MB/s, %.0f s left", rate->doing, 100 * share,
            (unsigned long long)rate->n_lines, speed, left);
}
