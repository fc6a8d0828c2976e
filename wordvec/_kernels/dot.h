/* The product of two rows of float32. Sixteen sums that do not depend on each other let a compiler use the vectors of
   any machine, SSE2 included, without -ffast-math; a scan is bound by memory, so wider vectors would not show. */
#ifndef WORDVEC_DOT_H
#define WORDVEC_DOT_H
#include <stddef.h>

static inline float wv_dot(const float *a, const float *b, ptrdiff_t size)
{
    float sums[16] = {0}, sum = 0;
    ptrdiff_t i = 0;
    int j;
    for (; i + 16 <= size; i += 16)
        for (j = 0; j < 16; j++)
            sums[j] += a[i + j] * b[i + j];
    for (; i < size; i++)
        sum += a[i] * b[i];
    for (j = 0; j < 16; j++)
        sum += sums[j];
    return sum;
}
#endif
