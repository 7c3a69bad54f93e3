/* An engine and the arena that it lies in, which is as large as the dry layout said. */
#ifndef YA_TESTS_ENGINE_OF_H
#define YA_TESTS_ENGINE_OF_H

#include "support/cmocka_all.h"

#include "model/engine.h"

static inline ya_engine *engine_of(ya_model *model, const ya_engine_config *config, ya_arena *arena)
{
    ya_engine *engine = NULL;
    ya_error err;
    ya_arena_init_dry(arena);
    assert_int_equal(ya_engine_layout(&engine, model, config, arena, &err), YA_OK);
    size_t planned = arena->used;
    assert_int_equal(ya_arena_init(arena, planned, &err), YA_OK);
    assert_int_equal(ya_engine_layout(&engine, model, config, arena, &err), YA_OK);
    return engine;
}

#endif
