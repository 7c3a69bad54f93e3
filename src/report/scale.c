#include "report/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Ticks of less than this, or of more than LARGE, are written in units of a power of ten. */
static const double SMALL = 1e-3, LARGE = 1e9;

/* The least of 1, 2, 5 times a power of ten that is at least `wanted`. */
static double nice_step(double wanted)
{
    static const double steps[] = {1.0, 2.0, 5.0};
    double power = pow(10.0, floor(log10(wanted)));
    for (int i = 0; i < 3; i++)
        if (steps[i] * power >= wanted * (1.0 - 1e-9))
            return steps[i] * power;
    return 10.0 * power;
}

static void widen(double *low, double *high)
{
    double middle = *low, by = fabs(middle) > 0.0 ? 0.1 * fabs(middle) : 1.0;
    *low = middle - by;
    *high = middle + by;
}

/* How ticks `step` apart are written. */
static void choose_digits(ya_scale *s, double step)
{
    double most = fmax(fabs(s->low), fabs(s->high));
    if (most > 0.0 && (most < SMALL || most >= LARGE))
        s->exponent = (int)floor(log10(most));
    double digits = -floor(log10(step) + 1e-9) + s->exponent;
    s->decimals = digits > 0.0 ? (int)fmin(digits, 9.0) : 0;
}

ya_scale ya_scale_linear(double low, double high, int n, bool round)
{
    ya_scale s = {0};
    if (!(high - low > 1e-9 * fmax(fabs(low), fabs(high))))
        widen(&low, &high);
    double step = nice_step((high - low) / n);
    s.low = round ? step * floor(low / step + 1e-9) : low;
    s.high = round ? step * ceil(high / step - 1e-9) : high;
    double first = step * ceil(s.low / step - 1e-9);
    for (int i = 0; i < YA_MAX_TICKS; i++) {
        double tick = first + i * step;
        if (tick > s.high + 1e-9 * step)
            break;
        s.ticks[s.n_ticks++] = fabs(tick) < 1e-9 * step ? 0.0 : tick;
    }
    choose_digits(&s, step);
    return s;
}

ya_scale ya_scale_log(double low, double high)
{
    ya_scale s = {.log = true};
    if (!(high > low))
        high = 10.0 * low;
    double first = floor(log10(low) + 1e-9), last = ceil(log10(high) - 1e-9);
    last = last > first ? last : first + 1.0;
    double every = ceil((last - first) / (YA_MAX_TICKS - 1));
    s.low = pow(10.0, first);
    s.high = pow(10.0, last);
    for (double power = first; power <= last && s.n_ticks < YA_MAX_TICKS; power += every)
        s.ticks[s.n_ticks++] = pow(10.0, power);
    return s;
}

double ya_scale_place(const ya_scale *s, double value)
{
    double place =
        s->log ? (log10(fmax(value, s->low)) - log10(s->low)) / (log10(s->high) - log10(s->low))
               : (value - s->low) / (s->high - s->low);
    return fmin(1.0, fmax(0.0, place));
}

void ya_scale_tick(const ya_scale *s, int i, char out[YA_TICK_TEXT])
{
    double tick = s->ticks[i], most = fmax(fabs(s->low), fabs(s->high));
    if (s->log)
        snprintf(out, YA_TICK_TEXT, "%g", tick);
    else if (s->exponent != 0)
        snprintf(out, YA_TICK_TEXT, "%.*f", s->decimals, tick * pow(10.0, -s->exponent));
    else if (most >= 1e6)
        snprintf(out, YA_TICK_TEXT, "%gM", tick / 1e6);
    else if (most >= 1e4)
        snprintf(out, YA_TICK_TEXT, "%g%s", tick / 1e3, tick == 0.0 ? "" : "k");
    else
        snprintf(out, YA_TICK_TEXT, "%.*f", s->decimals, tick);
}

/* Puts commas between groups of three digits of a whole number in `out`. */
static void group(char out[YA_NUMBER_SHOWN])
{
    size_t digits = strlen(out), sign = out[0] == '-';
    for (size_t at = digits; at > sign + 3 && strlen(out) + 1 < YA_NUMBER_SHOWN;) {
        at -= 3;
        memmove(out + at + 1, out + at, strlen(out + at) + 1);
        out[at] = ',';
    }
}

void ya_number_shown(double value, char out[YA_NUMBER_SHOWN])
{
    double size = fabs(value);
    if (!isfinite(value)) {
        snprintf(out, YA_NUMBER_SHOWN, "-");
    } else if (size >= 1e15 || (size > 0.0 && size < 1e-3)) {
        snprintf(out, YA_NUMBER_SHOWN, "%.3g", value);
    } else if (size >= 1000.0 || value == floor(value)) {
        snprintf(out, YA_NUMBER_SHOWN, "%.0f", value);
        group(out);
    } else {
        int whole = size >= 100.0 ? 3 : size >= 10.0 ? 2 : 1;
        snprintf(out, YA_NUMBER_SHOWN, "%.*f", 4 - whole, value);
    }
}
