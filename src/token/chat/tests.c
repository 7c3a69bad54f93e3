/* Tests: "is NAME". */
#include "token/chat/texts.h"

#include <string.h>

#define TEST(name) static bool name(ya_run *run, ya_value self, const ya_args *args, ya_value *out)
#define SIMPLE(name, condition)                                                                    \
    TEST(name)                                                                                     \
    {                                                                                              \
        (void)run;                                                                                 \
        (void)args;                                                                                \
        *out = ya_truth(condition);                                                                \
        return true;                                                                               \
    }

static bool is_unsafe(ya_value v)
{
    return v.kind == YA_V_UNDEFINED && v.absent && v.absent->unsafe;
}

SIMPLE(t_defined, self.kind != YA_V_UNDEFINED)
SIMPLE(t_undefined, self.kind == YA_V_UNDEFINED)
SIMPLE(t_none, self.kind == YA_V_NONE)
SIMPLE(t_string, self.kind == YA_V_STR)
SIMPLE(t_mapping, self.kind == YA_V_DICT)
SIMPLE(t_boolean, self.kind == YA_V_BOOL)
SIMPLE(t_true, self.kind == YA_V_BOOL && self.truth)
SIMPLE(t_false, self.kind == YA_V_BOOL && !self.truth)
SIMPLE(t_integer, self.kind == YA_V_INT || self.kind == YA_V_BIG)
SIMPLE(t_float, self.kind == YA_V_FLOAT)
SIMPLE(t_number, ya_is_number(self) || self.kind == YA_V_BIG)
SIMPLE(t_callable, self.kind >= YA_V_LOOP || self.kind == YA_V_UNDEFINED)
SIMPLE(t_escaped, self.kind == YA_V_STR && self.str->safe)
SIMPLE(t_iterable, self.kind == YA_V_STR || self.kind == YA_V_LIST || self.kind == YA_V_DICT ||
                       self.kind == YA_V_ITERATOR || self.kind == YA_V_LOOP ||
                       (self.kind == YA_V_UNDEFINED && !is_unsafe(self)))
SIMPLE(t_sequence, self.kind == YA_V_STR || self.kind == YA_V_DICT ||
                       (self.kind == YA_V_LIST && self.list->form <= YA_RANGE) ||
                       (self.kind == YA_V_UNDEFINED && !is_unsafe(self)))
SIMPLE(t_sameas, self.kind == args->v[0].kind &&
                     (self.kind == YA_V_STR || self.kind == YA_V_FLOAT || self.kind == YA_V_BOOL
                          ? ya_same_key(self, args->v[0])
                      : self.kind == YA_V_NONE ? true
                                               : self.integer == args->v[0].integer))

static bool compare(ya_run *run, ya_op op, ya_value self, const ya_args *args, ya_value *out)
{
    bool holds = false;
    bool held = ya_compare_values(run, op, self, args->v[0], &holds);
    *out = ya_truth(holds);
    return held;
}

#define COMPARISON(name, op)                                                                       \
    TEST(name)                                                                                     \
    {                                                                                              \
        return compare(run, op, self, args, out);                                                  \
    }
COMPARISON(t_eq, YA_OP_EQ)
COMPARISON(t_ne, YA_OP_NE)
COMPARISON(t_lt, YA_OP_LT)
COMPARISON(t_le, YA_OP_LE)
COMPARISON(t_gt, YA_OP_GT)
COMPARISON(t_ge, YA_OP_GE)
COMPARISON(t_in, YA_OP_IN)

static bool remainder_is(ya_run *run, ya_value self, ya_value by, int64_t wanted, ya_value *out)
{
    ya_value rest;
    if (!ya_binary(run, YA_OP_MOD, self, by, &rest))
        return false;
    *out = ya_truth(ya_is_number(rest) && ya_number(rest) == (double)wanted);
    return true;
}

TEST(t_even)
{
    (void)args;
    return remainder_is(run, self, ya_integer(2), 0, out);
}

TEST(t_odd)
{
    (void)args;
    return remainder_is(run, self, ya_integer(2), 1, out);
}

TEST(t_divisibleby)
{
    return remainder_is(run, self, args->v[0], 0, out);
}

static bool in_case(ya_run *run, ya_value self, const char *method, ya_value *out)
{
    ya_str *str, *name = ya_str_literal(&run->memory, method);
    ya_args none = {0};
    if (!name || !ya_to_str(run, self, &str))
        return ya_raise_memory(run);
    return ya_call_function(run, ya_find_method(ya_of_str(str), name), ya_of_str(str), &none, out);
}

TEST(t_lower)
{
    (void)args;
    return in_case(run, self, "islower", out);
}

TEST(t_upper)
{
    (void)args;
    return in_case(run, self, "isupper", out);
}

static const ya_function tests[] = {
    {"defined", "", t_defined},
    {"undefined", "", t_undefined},
    {"none", "", t_none},
    {"string", "", t_string},
    {"mapping", "", t_mapping},
    {"iterable", "", t_iterable},
    {"sequence", "", t_sequence},
    {"boolean", "", t_boolean},
    {"true", "", t_true},
    {"false", "", t_false},
    {"integer", "", t_integer},
    {"float", "", t_float},
    {"number", "", t_number},
    {"callable", "", t_callable},
    {"escaped", "", t_escaped},
    {"sameas", "other!", t_sameas},
    {"eq", "b!", t_eq},
    {"equalto", "b!", t_eq},
    {"==", "b!", t_eq},
    {"ne", "b!", t_ne},
    {"!=", "b!", t_ne},
    {"lt", "b!", t_lt},
    {"lessthan", "b!", t_lt},
    {"<", "b!", t_lt},
    {"le", "b!", t_le},
    {"<=", "b!", t_le},
    {"gt", "b!", t_gt},
    {"greaterthan", "b!", t_gt},
    {">", "b!", t_gt},
    {"ge", "b!", t_ge},
    {">=", "b!", t_ge},
    {"in", "seq!", t_in},
    {"even", "", t_even},
    {"odd", "", t_odd},
    {"divisibleby", "num!", t_divisibleby},
    {"lower", "", t_lower},
    {"upper", "", t_upper},
};

const ya_function *ya_find_test(const ya_str *name)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (ya_str_is(name, tests[i].name))
            return &tests[i];
    return NULL;
}
