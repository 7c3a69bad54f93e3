/* What a user sees while training, in windows of every width. */
#include "train/progress.h"

#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* A run of 1000 steps, of which 480 are done; drawn nowhere. */
static ya_progress some_progress(void)
{
    ya_progress p;
    ya_progress_begin(&p, 0, 1000, 460 * YA_MB, false);
    p.terminal = false;
    p.utf8 = true;
    for (int i = 1; i <= 480; i++) {
        const ya_step_report r = {.step = i,
                                  .objective = {.loss = 5.0 - i / 200.0, .n_tokens = 2048},
                                  .rate = 5e-5,
                                  .step_s = 4.75,
                                  .memory = {.rss_anon = 455 * YA_MB}};
        ya_progress_step(&p, &r, false);
    }
    return p;
}

static void no_line_is_as_wide_as_its_window(void **state)
{
    (void)state;
    char lines[YA_PANEL_LINES][YA_PANEL_BYTES];
    ya_progress p = some_progress();
    for (int columns = 8; columns < 240; columns++) {
        ya_progress_lines(&p, columns, lines);
        for (int i = 0; i < YA_PANEL_LINES; i++)
            assert_true(columns_of(lines[i]) < columns);
        if (columns > 14)
            assert_non_null(strstr(lines[0], "step 480/1000"));
        if (columns > 12)
            assert_non_null(strstr(lines[1], "loss 2.6"));
    }
}

static void a_wide_window_shows_everything(void **state)
{
    (void)state;
    char lines[YA_PANEL_LINES][YA_PANEL_BYTES];
    ya_progress p = some_progress();
    ya_progress_lines(&p, 120, lines);
    assert_non_null(strstr(lines[0], "[===========>"));
    assert_non_null(strstr(lines[0], "48 %"));
    assert_non_null(strstr(lines[0], "ETA "));
    assert_non_null(strstr(lines[1], "lr 5.00e-05"));
    assert_non_null(strstr(lines[1], "431 tok/s"));
    assert_non_null(strstr(lines[1], "memory 455 of 460 MB planned"));
    assert_non_null(strstr(lines[1], "█")); /* highest first: the loss falls */
    assert_true(strstr(lines[1], "█") < strstr(lines[1], "▁"));
}

static void without_utf8_there_is_only_ascii(void **state)
{
    (void)state;
    char lines[YA_PANEL_LINES][YA_PANEL_BYTES];
    ya_progress p = some_progress();
    p.utf8 = false;
    ya_progress_lines(&p, 120, lines);
    for (int i = 0; i < YA_PANEL_LINES; i++)
        for (const char *at = lines[i]; *at; at++)
            assert_true((unsigned char)*at < 0x80);
}

/* What is written to standard error. */
static char *written(bool logged)
{
    FILE *file = tmpfile();
    int old = dup(STDERR_FILENO);
    ya_progress p;
    const ya_step_report r = {
        .step = 3, .objective = {.loss = 2.0, .ce = 2.5, .n_tokens = 10}, .step_s = 1.0};
    dup2(fileno(file), STDERR_FILENO);
    ya_progress_begin(&p, 0, 10, 0, false);
    ya_progress_step(&p, &r, logged);
    ya_progress_break(&p);
    ya_progress_end(&p);
    dup2(old, STDERR_FILENO);
    close(old);
    char *text = calloc(1, 4096);
    rewind(file);
    assert_true(fread(text, 1, 4095, file) < 4095);
    fclose(file);
    return text;
}

static void a_file_gets_plain_lines_of_logged_steps(void **state)
{
    (void)state;
    char *text = written(true), *nothing = written(false);
    assert_int_equal(strncmp(text, "step 3/10  loss 2.0000  ce 2.5000", 33), 0);
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(text, '\r'));
    assert_string_equal(nothing, "");
    free(text);
    free(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_is_as_wide_as_its_window),
        cmocka_unit_test(a_wide_window_shows_everything),
        cmocka_unit_test(without_utf8_there_is_only_ascii),
        cmocka_unit_test(a_file_gets_plain_lines_of_logged_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
