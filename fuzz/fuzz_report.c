/* A stranger's run: its metrics.jsonl and, behind a line "---", its run.json. Pages, charts and
 * summary come of whatever is read. */
#include "base/log.h"
#include "report/page.h"

#include "fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char BETWEEN[] = "\n---\n";

static void make_page(const ya_figures *figures)
{
    ya_summary summaries[2];
    ya_runs runs;
    ya_error err = {0};
    ya_html html = {.err = &err};
    if (ya_summary_find(&summaries[0], figures, &err) || ya_runs_open(&runs, figures, NULL, &err))
        abort();
    ya_page(&html, &runs, summaries);
    if (html.status || html.out.size < 1000 || strstr(html.out.data, "<script"))
        abort();
    json_t *json = ya_summary_json(&summaries[0], figures);
    if (!json)
        abort();
    json_decref(json);
    ya_buffer_free(&html.out);
    ya_runs_close(&runs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_figures figures;
    ya_error err = {0};
    const uint8_t *end = memmem(data, size, BETWEEN, sizeof BETWEEN - 1);
    size_t metrics = end ? (size_t)(end - data) : size;
    const uint8_t *run = end ? end + sizeof BETWEEN - 1 : data + size;
    ya_log_set_quiet(true);
    fuzz_in_folder(run, (size_t)(data + size - run), "run.json");
    if (ya_figures_read(&figures, fuzz_in_folder(data, metrics, "metrics.jsonl"), &err)) {
        if (!strstr(err.text, "ya-fuzz"))
            abort(); /* a refusal that does not say where */
        return 0;
    }
    make_page(&figures);
    ya_figures_free(&figures);
    return 0;
}
