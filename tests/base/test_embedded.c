#include "base/embedded.h"

#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

/* The tests run in the root of the sources. */
static void every_configuration_is_compiled_in_as_it_is(void **state)
{
    (void)state;
    char text[1 << 16], path[512];
    int n = 0;
    for (const ya_embedded *file = ya_embedded_files; file->name; file++, n++) {
        snprintf(path, sizeof path, "configs/%s", file->name);
        FILE *original = fopen(path, "rb");
        assert_non_null(original);
        assert_int_equal(fread(text, 1, sizeof text, original), file->size);
        fclose(original);
        assert_memory_equal(text, file->text, file->size);
        assert_int_equal(file->text[file->size], '\0');
        assert_ptr_equal(ya_embedded_find(file->name), file);
    }
    assert_true(n >= 5);
    assert_null(ya_embedded_find("hardware/none.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_configuration_is_compiled_in_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
