/* The scale of an axis: where it begins and ends, its ticks and how they are written. Pure. */
#ifndef YA_REPORT_SCALE_H
#define YA_REPORT_SCALE_H

#include <stdbool.h>

enum { YA_MAX_TICKS = 12, YA_TICK_TEXT = 24 };

typedef struct {
    double low, high; /* low < high */
    bool log;         /* equal ratios are equally far apart; low > 0 */
    int exponent;     /* ticks are written in units of 10^exponent */
    int decimals;     /* of a tick */
    int n_ticks;
    double ticks[YA_MAX_TICKS];
} ya_scale;

/* A scale that holds [low, high] with about `n` ticks at 1, 2 or 5 times a power of ten; begins and
 * ends at a tick when `round`. low == high is widened. */
ya_scale ya_scale_linear(double low, double high, int n, bool round);
/* Ticks at powers of ten (with 2 and 5 between when there are few); 0 < low. */
ya_scale ya_scale_log(double low, double high);

/* Place of a value from 0 (low) to 1 (high), clamped to that. */
double ya_scale_place(const ya_scale *scale, double value);

/* A tick as it stands beside the axis: "0.25", "12k". */
void ya_scale_tick(const ya_scale *scale, int i, char out[YA_TICK_TEXT]);

/* A number for people: four digits that count, "12,345", "0.0123", "5.0e-05"; "-" for NaN. */
enum { YA_NUMBER_SHOWN = 32 };
void ya_number_shown(double value, char out[YA_NUMBER_SHOWN]);

#endif
