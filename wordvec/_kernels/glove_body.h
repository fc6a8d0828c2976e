/* The loops behind glove.pyx; compiled for every SIMD level and for float64 by levels.h. */

/* 1 / sqrt(x), x > 0: an estimate and a step of Newton's, or what the compiler knows. */
TARGET INLINE vec NAME(rsqrt)(vec x)
{
#if LEVEL == WV_AVX512
    const vec y = (vec)_mm512_rsqrt14_ps((__m512)x);
    return y * (1.5f - 0.5f * x * y * y);
#elif LEVEL == WV_AVX2
    const vec y = (vec)_mm256_rsqrt_ps((__m256)x);
    return y * (1.5f - 0.5f * x * y * y);
#elif LANES > 1
    vec y;
    for (int i = 0; i < LANES; i++)
        y[i] = 1 / sqrtf(x[i]);
    return y;
#else
    return sizeof(REAL) == 4 ? (REAL)(1 / sqrtf((float)x)) : (REAL)(1 / sqrt((double)x));
#endif
}

/* x within +-most. */
TARGET INLINE vec NAME(clip)(vec x, REAL most)
{
#if LEVEL == WV_AVX512
    return (vec)_mm512_max_ps(_mm512_set1_ps(-most), _mm512_min_ps(_mm512_set1_ps(most), (__m512)x));
#elif LEVEL == WV_AVX2
    return (vec)_mm256_max_ps(_mm256_set1_ps(-most), _mm256_min_ps(_mm256_set1_ps(most), (__m256)x));
#elif LANES > 1
    for (int i = 0; i < LANES; i++)
        x[i] = x[i] > most ? most : x[i] < -most ? -most : x[i];
    return x;
#else
    return x > most ? most : x < -most ? -most : x;
#endif
}

/* One step of AdaGrad down g: the sum of the squares before it sets the rate. */
#define DESCEND(row, sums, g)                                                                                          \
    do {                                                                                                               \
        const vec sum_ = LOOSE(sums);                                                                   \
        LOOSE(row) -= (g) * NAME(rsqrt)(sum_);                                                                \
        LOOSE(sums) = sum_ + (g) * (g);                                                                       \
    } while (0)

/* The step of a cell of GloVe; the product of the new row `a` and the row `next`, which comes at little cost here. */
TARGET INLINE REAL NAME(descend)(
    REAL *a,                /* INOUT [2, size] the row of the outer word */
    REAL *b,                /* INOUT [2, size] the row of the inner word */
    const REAL *next,       /* IN    [size] */
    ptrdiff_t size,
    REAL force,             /* IN    weight times error */
    REAL clip)              /* IN    no number of a gradient is larger */
{
    vec dot = LOOSE(next) - LOOSE(next);
    for (ptrdiff_t i = 0; i < size; i += LANES) {
        const vec wa = LOOSE(a + i), wb = LOOSE(b + i), sa = LOOSE(a + size + i), sb = LOOSE(b + size + i);
        const vec ga = NAME(clip)(force * wb, clip), gb = NAME(clip)(force * wa, clip);
        const vec after = wa - ga * NAME(rsqrt)(sa);
        dot += after * LOOSE(next + i);
        LOOSE(a + i) = after;
        LOOSE(a + size + i) = sa + ga * ga;
        LOOSE(b + i) = wb - gb * NAME(rsqrt)(sb);
        LOOSE(b + size + i) = sb + gb * gb;
    }
    return NAME(sum)(dot);
}

/* SN: the squared norm of the sum of the rows, and a scalar, is to be the target; the loss. The rows may be one. */
TARGET INLINE REAL NAME(norm)(
    REAL *a, REAL *b, ptrdiff_t size, REAL target, REAL weight, REAL clip, /* as above */
    double *scalar)         /* INOUT [2] Z and its sum of squares */
{
    vec dot = LOOSE(a) - LOOSE(a);
    ptrdiff_t i;
    REAL error, force;
    for (i = 0; i < size; i += LANES) {
        const vec both = LOOSE(a + i) + LOOSE(b + i);
        dot += both * both;
    }
    error = NAME(sum)(dot) + (REAL)scalar[0] - target;
    force = weight * error;
    for (i = 0; i < size; i += LANES) {
        const vec both = LOOSE(a + i) + LOOSE(b + i), g = NAME(clip)(2 * force * both, clip);
        if (a == b) { /* its two steps, both at the rate from before */
            const vec sum = LOOSE(a + size + i);
            LOOSE(a + i) -= 2 * g * NAME(rsqrt)(sum);
            LOOSE(a + size + i) = sum + 2 * g * g;
        } else {
            DESCEND(a + i, a + size + i, g);
            DESCEND(b + i, b + size + i, g);
        }
    }
    scalar[0] -= force / sqrt(scalar[1]);
    scalar[1] += (double)force * force;
    return force * error / 2;
}

/* Targets log x and weights min(1, (x / x_max) ^ exponent) of some counts above zero, in place of the counts. */
TARGET static void NAME(targets)(
    REAL *target,           /* INOUT [count] counts; their logarithms */
    REAL *weight,           /* OUT   [count] */
    int count,
    double x_max, double exponent)
{
    if (sizeof(REAL) == 8) {
        for (int i = 0; i < count; i++) {
            const double x = target[i];
            weight[i] = (REAL)(x < x_max ? pow(x / x_max, exponent) : 1);
            target[i] = (REAL)log(x);
        }
    } else { /* series that are good to the last bits of float32 */
        const float log_max = (float)log(x_max), power = (float)exponent;
        for (int i = 0; i < count; i++) {
            const float x = (float)target[i];
            float m, s, q, y, r, e;
            int32_t bits, k;
            memcpy(&bits, &x, 4);
            k = (bits - 0x3f3504f3) >> 23; /* x = 2^k m, m from sqrt(1/2) to sqrt(2) */
            bits -= k * (1 << 23);
            memcpy(&m, &bits, 4);
            s = (m - 1) / (m + 1); /* log m = 2 artanh s */
            q = s * s;
            y = 2 * s + s * q * (2.f / 3 + q * (2.f / 5 + q * (2.f / 7 + q * (2.f / 9))));
            y += (float)k * 0.693147181f;
            target[i] = y;
            y = power * (y - log_max);
            y = y < 0 ? y : 0;
            y = y > -87 ? y : -87;
            k = (int32_t)(y * 1.44269504f - 0.5f); /* y = k log 2 + r, -log 2 / 2 <= r <= log 2 / 2 */
            r = (y - (float)k * 0.693359375f) + (float)k * 2.12194440e-4f;
            e = 1 + r * (1 + r * (1.f / 2 + r * (1.f / 6 + r * (1.f / 24 + r * (1.f / 120 + r * (1.f / 720))))));
            memcpy(&bits, &e, 4);
            bits += k * (1 << 23);
            memcpy(&e, &bits, 4);
            weight[i] = e;
        }
    }
}

/* Bring a row to the cache. */
TARGET INLINE void NAME(fetch)(const REAL *row, ptrdiff_t size)
{
    for (ptrdiff_t i = 0; i < 2 * size; i += 64 / (ptrdiff_t)sizeof(REAL))
        PREFETCH(row + i);
}

/* The steps of some cells, in their order; the sum of their losses before their steps. */
TARGET static double NAME(steps)(
    const struct wv_glove *g,
    REAL *const *rows,      /* IN    [count + WV_AHEAD, 2] the rows of every cell */
    REAL *target,           /* INOUT [count] counts; their logarithms */
    int count,
    double *scalar)         /* INOUT [2] for SN */
{
    REAL weight[WV_BATCH];
    const REAL clip = (REAL)g->clip;
    double loss = 0;
    REAL dot = 0;
    NAME(targets)(target, weight, count, g->x_max, g->exponent);
    for (int i = 0; i < count; i++) {
        REAL *const *at = rows + 2 * i;
        if (at[2 * WV_AHEAD] != at[2 * WV_AHEAD - 2])
            NAME(fetch)(at[2 * WV_AHEAD], g->size);
        NAME(fetch)(at[2 * WV_AHEAD + 1], g->size);
        if (g->squared) {
            loss += NAME(norm)(at[0], at[1], g->size, target[i], weight[i], clip, scalar);
        } else {
            REAL error;
            if (i == 0 || at[0] != at[-2])
                dot = NAME(product_of_rows)(at[0], at[1], g->size);
            error = dot - target[i];
            loss += weight[i] * error * error / 2;
            dot = NAME(descend)(at[0], at[1], at[3], g->size, weight[i] * error, clip);
        }
    }
    return loss;
}

/* All cells of a tile, those of an outer word one after another; the sum of their losses before their steps. */
TARGET static double NAME(tile)(
    const struct wv_glove *g,
    int64_t first,          /* IN    outer words */
    int64_t last,
    double *scalar)         /* INOUT [2] for SN */
{
    REAL *rows[2 * (WV_BATCH + WV_AHEAD)], target[WV_BATCH];
    double loss = 0;
    int count = 0;
    for (int64_t word = first; word < last; word++) {
        REAL *outer = (REAL *)g->outer + 2 * g->size * word;
        for (int64_t at = g->indptr[word] + g->start[word]; at < g->indptr[word] + g->end[word]; at++) {
            rows[2 * count] = outer;
            rows[2 * count + 1] = (REAL *)g->inner + 2 * g->size * g->indices[at];
            target[count++] = (REAL)g->data[at];
            if (count == WV_BATCH) {
                for (int i = 2 * count; i < 2 * (count + WV_AHEAD); i++)
                    rows[i] = rows[i - 2];
                loss += NAME(steps)(g, rows, target, count, scalar);
                count = 0;
                if (*(volatile const int32_t *)g->stop)
                    return loss;
            }
        }
    }
    for (int i = 2 * count; count && i < 2 * (count + WV_AHEAD); i++)
        rows[i] = rows[i - 2];
    return loss + (count ? NAME(steps)(g, rows, target, count, scalar) : 0);
}
#undef DESCEND
