/* Truth, comparing and arithmetic, as Python does them. */
#include "token/chat/run.h"

#include <math.h>
#include <string.h>

bool ya_is_true(ya_value v)
{
    switch (v.kind) {
    case YA_V_UNDEFINED:
    case YA_V_NONE:
        return false;
    case YA_V_BOOL:
        return v.truth;
    case YA_V_INT:
        return v.integer != 0;
    case YA_V_FLOAT:
        return v.real != 0;
    case YA_V_STR:
        return v.str->size > 0;
    case YA_V_LIST:
        return v.list->n > 0;
    case YA_V_DICT:
        return v.dict->n > 0;
    default:
        return true;
    }
}

/* ---- Equality ---- */

static bool same_str(ya_run *run, const ya_str *a, const ya_str *b)
{
    (void)run;
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Keys are flat and hashable, so they nest no deeper than they were written. */
bool ya_same_key(ya_value a, ya_value b)
{
    if (ya_is_number(a) && ya_is_number(b))
        return ya_is_whole(a) && ya_is_whole(b) ? ya_whole(a) == ya_whole(b)
                                                : ya_number(a) == ya_number(b);
    if (a.kind != b.kind)
        return false;
    if (a.kind == YA_V_STR || a.kind == YA_V_BIG)
        return same_str(NULL, a.str, b.str);
    if (a.kind == YA_V_LIST) {
        if (a.list->n != b.list->n || a.list->form != b.list->form)
            return false;
        for (uint32_t i = 0; i < a.list->n; i++)
            if (!ya_same_key(a.list->items[i], b.list->items[i]))
                return false;
        return true;
    }
    return a.kind == YA_V_NONE || a.kind == YA_V_UNDEFINED || a.dict == b.dict;
}

static bool equal_lists(ya_run *run, const ya_list *a, const ya_list *b, bool *equal)
{
    *equal = a->n == b->n && a->form == b->form;
    for (uint32_t i = 0; *equal && i < a->n; i++)
        if (!ya_equal(run, a->items[i], b->items[i], equal))
            return false;
    return true;
}

static bool equal_dicts(ya_run *run, const ya_dict *a, const ya_dict *b, bool *equal)
{
    *equal = a->n == b->n;
    for (uint32_t i = 0; *equal && i < a->n; i++) {
        const ya_value *other = ya_dict_get(b, a->entries[i].key);
        *equal = other != NULL;
        if (other && !ya_equal(run, a->entries[i].value, *other, equal))
            return false;
    }
    return true;
}

bool ya_equal(ya_run *run, ya_value a, ya_value b, bool *equal)
{
    bool held = true;
    if (!ya_step(run, 1))
        return false;
    if (a.kind == YA_V_STR && b.kind == YA_V_STR) {
        *equal = a.str->size == b.str->size;
        if (!*equal)
            return true;
        if (!ya_str_flat(&run->memory, a.str) || !ya_str_flat(&run->memory, b.str))
            return ya_raise_memory(run);
        *equal = same_str(run, a.str, b.str);
        return ya_step(run, a.str->size / 64);
    }
    if (++run->depth > YA_RUN_MAX_DEPTH)
        return ya_raise(run, "values are nested too deep");
    if (a.kind == YA_V_LIST && b.kind == YA_V_LIST)
        held = equal_lists(run, a.list, b.list, equal);
    else if (a.kind == YA_V_DICT && b.kind == YA_V_DICT)
        held = equal_dicts(run, a.dict, b.dict, equal);
    else
        *equal = ya_same_key(a, b);
    run->depth--;
    return held;
}

/* ---- Order ---- */

static bool unordered(ya_run *run, ya_op op, ya_value a, ya_value b)
{
    static const char *const signs[] = {
        [YA_OP_LT] = "<", [YA_OP_LE] = "<=", [YA_OP_GT] = ">", [YA_OP_GE] = ">="};
    if (a.kind == YA_V_UNDEFINED || b.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, a.kind == YA_V_UNDEFINED ? a : b);
    return ya_raise(run, "'%s' not supported between instances of '%s' and '%s'", signs[op],
                    ya_type_name(a), ya_type_name(b));
}

static bool holds(ya_op op, int order)
{
    return op == YA_OP_LT   ? order < 0
           : op == YA_OP_LE ? order <= 0
           : op == YA_OP_GT ? order > 0
                            : order >= 0;
}

static bool order_numbers(ya_op op, ya_value a, ya_value b)
{
    if (ya_is_whole(a) && ya_is_whole(b))
        return holds(op, ya_whole(a) < ya_whole(b) ? -1 : ya_whole(a) > ya_whole(b));
    double x = ya_number(a), y = ya_number(b);
    return op == YA_OP_LT ? x < y : op == YA_OP_LE ? x <= y : op == YA_OP_GT ? x > y : x >= y;
}

static bool order_lists(ya_run *run, ya_op op, const ya_list *a, const ya_list *b, bool *out)
{
    for (uint32_t i = 0; i < a->n && i < b->n; i++) {
        bool equal;
        if (!ya_equal(run, a->items[i], b->items[i], &equal))
            return false;
        if (!equal)
            return ya_order(run, op, a->items[i], b->items[i], out);
    }
    *out = holds(op, a->n < b->n ? -1 : a->n > b->n);
    return true;
}

bool ya_order(ya_run *run, ya_op op, ya_value a, ya_value b, bool *out)
{
    if (!ya_step(run, 1))
        return false;
    if (ya_is_number(a) && ya_is_number(b)) {
        *out = order_numbers(op, a, b);
        return true;
    }
    if (a.kind == YA_V_STR && b.kind == YA_V_STR) {
        if (!ya_str_flat(&run->memory, a.str) || !ya_str_flat(&run->memory, b.str))
            return ya_raise_memory(run);
        *out = holds(op, ya_str_compare(a.str, b.str));
        return true;
    }
    if (a.kind != YA_V_LIST || b.kind != YA_V_LIST || a.list->form != b.list->form ||
        a.list->form > YA_TUPLE)
        return unordered(run, op, a, b);
    if (++run->depth > YA_RUN_MAX_DEPTH)
        return ya_raise(run, "values are nested too deep");
    bool held = order_lists(run, op, a.list, b.list, out);
    run->depth--;
    return held;
}

bool ya_contains(ya_run *run, ya_value item, ya_value in, bool *contains)
{
    *contains = false;
    if (in.kind == YA_V_STR) {
        ya_str *part;
        if (item.kind != YA_V_STR)
            return ya_raise(run, "'in <string>' requires string as left operand, not %s",
                            ya_type_name(item));
        if (!ya_need_str(run, item, "it", &part) || !ya_need_str(run, in, "it", &in.str))
            return false;
        *contains = memmem(in.str->data, in.str->size, part->data, part->size) != NULL;
        return ya_step(run, in.str->size / 64);
    }
    if (in.kind == YA_V_DICT) {
        if (!ya_hashable(item))
            return ya_raise(run, "unhashable type: '%s'", ya_type_name(item));
        if (item.kind == YA_V_STR && !ya_need_str(run, item, "it", &item.str))
            return false;
        *contains = ya_dict_get(in.dict, item) != NULL;
        return true;
    }
    ya_list *list;
    if (in.kind != YA_V_LIST && in.kind != YA_V_ITERATOR && in.kind != YA_V_UNDEFINED)
        return ya_raise(run, "argument of type '%s' is not iterable", ya_type_name(in));
    if (!ya_items(run, in, &list))
        return false;
    for (uint32_t i = 0; i < list->n && !*contains; i++)
        if (!ya_equal(run, list->items[i], item, contains))
            return false;
    return true;
}

bool ya_compare_values(ya_run *run, ya_op op, ya_value a, ya_value b, bool *out)
{
    bool held;
    switch (op) {
    case YA_OP_EQ:
    case YA_OP_NE:
        held = ya_equal(run, a, b, out);
        *out = *out == (op == YA_OP_EQ);
        return held;
    case YA_OP_IN:
    case YA_OP_NOT_IN:
        held = ya_contains(run, a, b, out);
        *out = *out == (op == YA_OP_IN);
        return held;
    default:
        return ya_order(run, op, a, b, out);
    }
}

/* ---- Arithmetic ---- */

static const char *const op_signs[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};

static bool overflow(ya_run *run)
{
    return ya_raise(run, "an integer leaves 64 bits");
}

static bool floor_divide(ya_run *run, ya_op op, int64_t a, int64_t b, ya_value *out)
{
    if (b == 0)
        return ya_raise(run, "integer division or modulo by zero");
    if (a == INT64_MIN && b == -1)
        return op == YA_OP_MOD ? (*out = ya_integer(0), true) : overflow(run);
    int64_t quotient = a / b, rest = a % b;
    if (rest && (rest < 0) != (b < 0)) {
        quotient--;
        rest += b;
    }
    *out = ya_integer(op == YA_OP_MOD ? rest : quotient);
    return true;
}

static bool power(ya_run *run, int64_t base, int64_t exponent, ya_value *out)
{
    int64_t result = 1;
    if (exponent < 0) {
        if (base == 0)
            return ya_raise(run, "0.0 cannot be raised to a negative power");
        *out = ya_real(pow((double)base, (double)exponent));
        return true;
    }
    if (base >= -1 && base <= 1)
        exponent = exponent > 2 ? 2 + exponent % 2 : exponent;
    for (; exponent > 0; exponent--)
        if (__builtin_mul_overflow(result, base, &result))
            return overflow(run);
    *out = ya_integer(result);
    return true;
}

static bool whole_numbers(ya_run *run, ya_op op, int64_t a, int64_t b, ya_value *out)
{
    int64_t result = 0;
    switch (op) {
    case YA_OP_ADD:
        if (__builtin_add_overflow(a, b, &result))
            return overflow(run);
        break;
    case YA_OP_SUB:
        if (__builtin_sub_overflow(a, b, &result))
            return overflow(run);
        break;
    case YA_OP_MUL:
        if (__builtin_mul_overflow(a, b, &result))
            return overflow(run);
        break;
    case YA_OP_DIV:
        if (b == 0)
            return ya_raise(run, "division by zero");
        *out = ya_real((double)a / (double)b);
        return true;
    case YA_OP_POW:
        return power(run, a, b, out);
    default:
        return floor_divide(run, op, a, b, out);
    }
    *out = ya_integer(result);
    return true;
}

static bool real_numbers(ya_run *run, ya_op op, double a, double b, ya_value *out)
{
    double rest, whole;
    if (b == 0 && (op == YA_OP_DIV || op == YA_OP_FLOOR || op == YA_OP_MOD))
        return ya_raise(run, "float division by zero");
    switch (op) {
    case YA_OP_ADD:
        *out = ya_real(a + b);
        return true;
    case YA_OP_SUB:
        *out = ya_real(a - b);
        return true;
    case YA_OP_MUL:
        *out = ya_real(a * b);
        return true;
    case YA_OP_DIV:
        *out = ya_real(a / b);
        return true;
    case YA_OP_POW:
        if ((a < 0 && b != floor(b)) || (a == 0 && b < 0))
            return ya_raise(run, "a power that is no real number");
        *out = ya_real(pow(a, b));
        return true;
    default:
        rest = fmod(a, b);
        if (rest != 0 && (rest < 0) != (b < 0))
            rest += b;
        if (op == YA_OP_MOD) {
            *out = ya_real(rest != 0 ? rest : copysign(0, b));
            return true;
        }
        whole = (a - rest) / b;
        *out = ya_real(whole != 0 ? floor(whole + 0.5) : copysign(0, a / b));
        return true;
    }
}

static bool repeat(ya_run *run, ya_value v, int64_t n, ya_value *out)
{
    size_t size = v.kind == YA_V_STR ? v.str->size : v.list->n;
    n = n < 0 ? 0 : n;
    if (size && (uint64_t)n > YA_RUN_MAX_TEXT / size)
        return ya_raise(run, "a value repeated %lld times is too long", (long long)n);
    if (!ya_step(run, size * (size_t)n / 16))
        return false;
    if (v.kind == YA_V_STR) {
        ya_writer w = {0};
        bool done = ya_str_flat(&run->memory, v.str);
        while (done && size && n-- > 0)
            done = ya_write_str(&run->memory, &w, v.str, 0);
        *out = ya_of_str(done ? ya_written(&run->memory, &w) : NULL);
        return out->str || ya_raise_memory(run);
    }
    ya_list *list = ya_list_new(&run->memory, size * (size_t)n, v.list->form);
    if (!list)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < list->n; i++)
        list->items[i] = v.list->items[i % size];
    *out = ya_of_list(list);
    return true;
}

static bool add_texts(ya_run *run, ya_value a, ya_value b, ya_value *out)
{
    if (a.str->safe != b.str->safe && !ya_escape(run, a.str->safe ? &b : &a))
        return false;
    ya_str *both = ya_str_join(&run->memory, a.str, b.str);
    if (!both)
        return ya_raise_memory(run);
    if (both != a.str && both != b.str)
        both->safe = a.str->safe;
    *out = ya_of_str(both);
    return true;
}

static bool add_lists(ya_run *run, const ya_list *a, const ya_list *b, ya_value *out)
{
    ya_list *list = ya_list_new(&run->memory, (size_t)a->n + b->n, a->form);
    if (!list)
        return ya_raise_memory(run);
    if (a->n)
        memcpy(list->items, a->items, a->n * sizeof *a->items);
    if (b->n)
        memcpy(list->items + a->n, b->items, b->n * sizeof *b->items);
    *out = ya_of_list(list);
    return ya_step(run, list->n / 16);
}

static bool is_sequence(ya_value v)
{
    return v.kind == YA_V_STR || (v.kind == YA_V_LIST && v.list->form <= YA_TUPLE);
}

static bool cannot_combine(ya_run *run, ya_op op, ya_value a, ya_value b)
{
    if (op == YA_OP_ADD && is_sequence(a))
        return ya_raise(run, "can only concatenate %s (not \"%s\") to %s", ya_type_name(a),
                        ya_type_name(b), ya_type_name(a));
    return ya_raise(run, "unsupported operand type(s) for %s: '%s' and '%s'", op_signs[op],
                    ya_type_name(a), ya_type_name(b));
}

bool ya_binary(ya_run *run, ya_op op, ya_value a, ya_value b, ya_value *out)
{
    if (op == YA_OP_ADD && a.kind == YA_V_STR && b.kind == YA_V_STR)
        return add_texts(run, a, b, out);
    if (ya_is_whole(a) && ya_is_whole(b))
        return whole_numbers(run, op, ya_whole(a), ya_whole(b), out);
    if (ya_is_number(a) && ya_is_number(b))
        return real_numbers(run, op, ya_number(a), ya_number(b), out);
    if (op == YA_OP_MOD && a.kind == YA_V_STR)
        return ya_format_percent(run, a, b, out);
    if (a.kind == YA_V_UNDEFINED || b.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, a.kind == YA_V_UNDEFINED ? a : b);
    if (op == YA_OP_ADD && a.kind == YA_V_LIST && b.kind == YA_V_LIST &&
        a.list->form == b.list->form && a.list->form <= YA_TUPLE)
        return add_lists(run, a.list, b.list, out);
    if (op == YA_OP_MUL && is_sequence(a) && ya_is_whole(b))
        return repeat(run, a, ya_whole(b), out);
    if (op == YA_OP_MUL && is_sequence(b) && ya_is_whole(a))
        return repeat(run, b, ya_whole(a), out);
    return cannot_combine(run, op, a, b);
}
