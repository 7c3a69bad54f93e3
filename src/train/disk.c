#include "train/disk.h"

#include "base/log.h"
#include "io/outfile.h"

/* Headers, state, configuration, provenance, sums. */
static const uint64_t SMALL_FILES = UINT64_C(128) << 10;

void ya_disk_find(ya_disk *disk, const ya_job *job, int n_saved)
{
    const ya_settings *s = &job->settings;
    bool best = job->val_data || s->val_data.n > 0;
    uint64_t n = (uint64_t)s->keep_last_n + best + 1, there = (uint64_t)n_saved;
    *disk = (ya_disk){.one = 3 * sizeof(float) * job->params.n_values + SMALL_FILES};
    disk->kept = disk->one * (n > there ? n - there : 1);
    if (!ya_disk_left(s->output, &disk->left))
        disk->left = UINT64_MAX;
}

ya_status ya_disk_check(const ya_disk *disk, const char *output, ya_error *err)
{
    ya_size_text one = ya_size_as_text(disk->one), left = ya_size_as_text(disk->left);
    if (disk->left < disk->one)
        return ya_fail(
            err, YA_ERR_IO,
            "a checkpoint takes %s, and the disk of %s has %s left: make room, or choose "
            "another --output or a smaller --lora-rank",
            one.text, output, left.text);
    if (disk->left < disk->kept)
        ya_warn("the checkpoints to be kept will take %s more (%s each), and the disk of %s has %s "
                "left: a smaller --keep-last-n needs less",
                ya_size_as_text(disk->kept).text, one.text, output, left.text);
    return YA_OK;
}
