/* The loops behind products.pyx; compiled for every SIMD level by levels.h. */
#include "matrices_body.h"

/* Bring the greatest number of a product near 1, by a power of two, which is exact; the exponent that was taken out. */
TARGET static int NAME(brought_back)(float *m, ptrdiff_t size)
{
    float most[16] = {0};
    int exponent;
    ptrdiff_t i = 0;
    for (; i + 16 <= size; i += 16)
        for (int k = 0; k < 16; k++) {
            const float x = m[i + k] < 0 ? -m[i + k] : m[i + k];
            most[k] = x > most[k] ? x : most[k];
        }
    for (; i < size; i++)
        most[0] = fabsf(m[i]) > most[0] ? fabsf(m[i]) : most[0];
    for (int k = 1; k < 16; k++)
        most[0] = most[k] > most[0] ? most[k] : most[0];
    if (!(most[0] > 0) || !(most[0] < INFINITY))
        return 0;
    frexpf(most[0], &exponent);
    if (exponent > -WV_FAR && exponent < WV_FAR)
        return 0;
    for (i = 0; i < size; i++)
        m[i] = ldexpf(m[i], -exponent);
    return exponent;
}

/* The products of some texts less the identity; zeros for those without tokens. A product whose numbers would not be
   finite keeps its direction, at a length that is. */
TARGET static void NAME(multiplied)(
    const struct wv_products *p,
    ptrdiff_t texts,
    float *out,       /* OUT [texts, out_stride] */
    float *scratch)   /* OUT three matrices */
{
    const int d = p->dim, stride = WV_STRIDE(d);
    const ptrdiff_t size = (ptrdiff_t)WV_ROWS(d) * stride;
    const NAME(multiply) multiply = NAME(product_of)(d);
    float *so_far = scratch, *next = scratch + size, *word = scratch + 2 * size;
    int64_t i = 0;
    for (ptrdiff_t text = 0; text < texts; text++, out += p->out_stride) {
        const int64_t end = p->ends[text];
        int64_t exponent = 0;
        int scale;
        if (i == end)
            memset(out, 0, (size_t)d * d * sizeof(float));
        for (int64_t first = i; i < end; i++) {
            const ptrdiff_t row = p->tokens[i];
            const float *w = row < p->rows ? p->matrix + row * p->stride : p->extra + (row - p->rows) * p->extra_stride;
            if (i == first) {
                NAME(gather)(so_far, w, d, stride);
            } else {
                float *swap = so_far;
                NAME(gather)(word, w, d, stride);
                multiply(next, so_far, stride, 1, word, d, stride, 0);
                so_far = next;
                next = swap;
            }
            if (i + 1 < end) {
                const ptrdiff_t then = p->tokens[i + 1];
                const char *ahead = (const char *)(then < p->rows ? p->matrix + then * p->stride : so_far);
                for (ptrdiff_t k = 0; k < (ptrdiff_t)d * d * 4; k += 64)
                    PREFETCH(ahead + k);
            }
            if ((i - first) % 8 == 7 || i + 1 == end)
                exponent += NAME(brought_back)(so_far, size);
            if (i + 1 < end)
                continue;
            scale = exponent > 90 ? 90 : exponent < -240 ? -240 : (int)exponent; /* 2^(90 + 30) is finite */
            if (scale) {
                const float half = ldexpf(1, scale / 2), rest = ldexpf(1, scale - scale / 2);
                for (ptrdiff_t k = 0; k < size; k++)
                    so_far[k] = so_far[k] * half * rest;
            }
            NAME(flatten)(out, so_far, d, stride);
            for (ptrdiff_t line = 0; exponent <= 90 && line < d; line++)
                out[line * d + line] -= 1;
        }
    }
}
#undef PART
