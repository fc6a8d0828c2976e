/* Points in float64: squared lengths and distances; for poincare.h and ball.h. */
#ifndef WORDVEC_POINTS_H
#define WORDVEC_POINTS_H
#include "cpu.h"

INLINE double wv_square(const double *x, int64_t size)
{
    double sum = 0;
    for (int64_t k = 0; k < size; k++)
        sum += x[k] * x[k];
    return sum;
}

INLINE double wv_gap(const double *x, const double *y, int64_t size)
{
    double sum = 0;
    for (int64_t k = 0; k < size; k++)
        sum += (x[k] - y[k]) * (x[k] - y[k]);
    return sum;
}
#endif
