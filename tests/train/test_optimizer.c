#include "train/optimizer.h"

#include "support/fixture.h"

#include <jansson.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { VALUES = 16, MANY = 100003 };

static double number(const json_t *array, size_t i)
{
    return json_number_value(json_array_get(array, i));
}

/* f32 against torch in f64: a few roundings of 6e-8 of the largest term. */
static void assert_near(float found, double expected)
{
    if (!(fabs((double)found - expected) <= 1e-6 * fmax(fabs(expected), 0.1)))
        fail_msg("found %.9g, expected %.17g", (double)found, expected);
}

static void run_example(const json_t *example)
{
    float value[VALUES] = {0}, grad[VALUES] = {0}, m1[VALUES] = {0}, m2[VALUES] = {0};
    const json_t *start = json_object_get(example, "start");
    const json_t *steps = json_object_get(example, "steps");
    size_t n = json_array_size(start);
    assert_true(n > 0 && n <= VALUES && json_array_size(steps) > 1);
    ya_param param = {.name = "p", .rows = (int64_t)n, .cols = 1, .decay = true};
    ya_params params = {&param, 1, VALUES, value, grad, m1, m2, NULL};
    ya_adamw config = {0.9, 0.999, 1e-8,
                       json_number_value(json_object_get(example, "weight_decay"))};
    for (size_t i = 0; i < n; i++)
        value[i] = (float)number(start, i);
    for (size_t k = 0; k < json_array_size(steps); k++) {
        const json_t *step = json_array_get(steps, k);
        for (size_t i = 0; i < n; i++)
            grad[i] = (float)number(json_object_get(step, "grad"), i);
        ya_adamw_update(&config, &params, 1.0, json_number_value(json_object_get(step, "lr")),
                        (int64_t)k + 1);
        for (size_t i = 0; i < n; i++)
            assert_near(value[i], number(json_object_get(step, "param"), i));
    }
    for (size_t i = n; i < VALUES; i++)
        assert_true(value[i] == 0.0f);
}

static void adamw_follows_torch_through_several_updates(void **state)
{
    (void)state;
    json_t *json = json_load_file(fixture("fixtures/models/scalars.json"), 0, NULL);
    if (!json)
        skip();
    const json_t *examples = json_object_get(json, "adamw");
    assert_true(json_array_size(examples) >= 3);
    for (size_t i = 0; i < json_array_size(examples); i++)
        run_example(json_array_get(examples, i));
    json_decref(json);
}

static void clipping_follows_torch(void **state)
{
    (void)state;
    json_t *json = json_load_file(fixture("fixtures/models/scalars.json"), 0, NULL);
    if (!json)
        skip();
    const json_t *rows = json_object_get(json, "clip");
    assert_true(json_array_size(rows) >= 4);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *g = json_object_get(row, "grad");
        float grad[VALUES];
        double partial[1];
        size_t n = json_array_size(g);
        for (size_t k = 0; k < n; k++)
            grad[k] = (float)number(g, k);
        double norm = ya_gradient_norm(grad, n, partial);
        assert_near((float)norm, json_number_value(json_object_get(row, "norm")));
        double factor = ya_clip_factor(norm, json_number_value(json_object_get(row, "max_norm")));
        for (size_t k = 0; k < n; k++)
            assert_near(grad[k] * (float)factor, number(json_object_get(row, "clipped"), k));
    }
    json_decref(json);
}

static void a_limit_of_0_does_not_clip(void **state)
{
    (void)state;
    assert_true(ya_clip_factor(1e9, 0.0) == 1.0);
    assert_true(ya_clip_factor(10.0, 1.0) < 0.1);
    assert_true(ya_clip_factor(0.5, 1.0) == 1.0);
}

static void vectors_are_not_decayed(void **state)
{
    (void)state;
    float value[32], grad[32] = {0}, m1[32] = {0}, m2[32] = {0};
    for (int i = 0; i < 32; i++)
        value[i] = 2.0f;
    ya_param list[2] = {{.name = "norm", .rows = 8, .cols = 1, .is_vector = true},
                        {.name = "a", .rows = 4, .cols = 2, .offset = 16, .decay = true}};
    ya_params params = {list, 2, 32, value, grad, m1, m2, NULL};
    ya_adamw config = {0.9, 0.999, 1e-8, 0.5};
    ya_adamw_update(&config, &params, 1.0, 0.1, 1);
    assert_true(value[0] == 2.0f && value[7] == 2.0f);
    assert_near(value[16], 1.9);
    assert_near(value[23], 1.9);
    assert_true(value[24] == 2.0f); /* behind the matrix: not its own */
}

static float grads[MANY];

static void the_norm_has_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    double partial[MANY / YA_NORM_BLOCK + 1];
    assert_true(ya_norm_blocks(MANY) <= sizeof partial / sizeof partial[0]);
    for (int i = 0; i < MANY; i++)
        grads[i] = (float)sin(i * 0.37) * (float)(1 + i % 17);
    omp_set_num_threads(1);
    double one = ya_gradient_norm(grads, MANY, partial);
    for (int threads = 2; threads <= 4; threads++) {
        omp_set_num_threads(threads);
        assert_true(ya_gradient_norm(grads, MANY, partial) == one);
    }
    double sum = 0.0;
    for (int i = 0; i < MANY; i++)
        sum += (double)grads[i] * (double)grads[i];
    assert_true(fabs(one - sqrt(sum)) <= 1e-12 * one);
}

static void the_norm_is_not_finite_when_one_entry_is_not(void **state)
{
    (void)state;
    double partial[MANY / YA_NORM_BLOCK + 1];
    memset(grads, 0, sizeof grads);
    grads[MANY - 1] = 3e38f; /* its square overflows f32, not f64 */
    assert_true(isfinite(ya_gradient_norm(grads, MANY, partial)));
    grads[MANY / 2] = NAN;
    assert_false(isfinite(ya_gradient_norm(grads, MANY, partial)));
    grads[MANY / 2] = -INFINITY;
    assert_false(isfinite(ya_gradient_norm(grads, MANY, partial)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adamw_follows_torch_through_several_updates),
        cmocka_unit_test(clipping_follows_torch),
        cmocka_unit_test(a_limit_of_0_does_not_clip),
        cmocka_unit_test(vectors_are_not_decayed),
        cmocka_unit_test(the_norm_has_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(the_norm_is_not_finite_when_one_entry_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
