/* The loops behind glove.pyx; compiled for every SIMD level and for float64 by levels.h. */

/* 2 / sqrt(x), x > 0: an estimate and a step of Newton's, or what the compiler knows. Twice, which saves a product. */
TARGET INLINE vec NAME(twice_rsqrt)(vec x)
{
#if LEVEL == WV_AVX512
    const vec y = (vec)_mm512_rsqrt14_ps((__m512)x);
    return y * (3 - x * y * y);
#elif LEVEL == WV_AVX2
    const vec y = (vec)_mm256_rsqrt_ps((__m256)x);
    return y * (3 - x * y * y);
#elif LANES > 1
    vec y;
    for (int i = 0; i < LANES; i++)
        y[i] = 2 / sqrtf(x[i]);
    return y;
#else
    return sizeof(REAL) == 4 ? (REAL)(2 / sqrtf((float)x)) : (REAL)(2 / sqrt((double)x));
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
        LOOSE(row) -= 0.5f * (g) * NAME(twice_rsqrt)(sum_);                                                    \
        LOOSE(sums) = sum_ + (g) * (g);                                                                       \
    } while (0)

/* The products of an outer row with the rows of a group. */
TARGET INLINE void NAME(products)(
    const REAL *a,          /* IN  [size] */
    REAL *const *rows,      /* IN  [count + 3] */
    int count,
    ptrdiff_t size,
    REAL *dots)             /* OUT [WV_SLOTS] */
{
    vec t[WV_SLOTS]; /* their lanes not yet summed */
    int k = 0;
    for (; k < count; k += 4) {
        vec sum[4] = {(vec){0}, (vec){0}, (vec){0}, (vec){0}};
        for (ptrdiff_t i = 0; i < size; i += LANES) {
            const vec x = LOOSE(a + i);
            UNROLL
            for (int j = 0; j < 4; j++)
                sum[j] += x * LOOSE(rows[k + j] + i);
        }
        UNROLL
        for (int j = 0; j < 4; j++)
            t[k + j] = sum[j];
    }
#if LANES > 1
    for (; k % LANES; k++)
        t[k] = (vec){0};
    for (int n = 0; n < k; n += LANES)
        LOOSE(dots + n) = NAME(fold)(t + n);
#else
    memcpy(dots, t, k * sizeof *t);
#endif
}

/* The step of a group of cells of GloVe: those of one outer word, with different inner words, from the same rows. Each
   inner row steps as if its cell was alone; the outer row by the sum of its gradients, which counts as one. The square of a
   gradient lowers the rate of its own step already (Duchi et al. 2011): without it, groups overshoot where alpha is large. */
TARGET INLINE void NAME(descend)(
    REAL *a,                /* INOUT [2, size] the row of the outer word */
    REAL *const *rows,      /* INOUT [count + WV_AHEAD] [2, size] the rows of the inner words, and the next ones */
    const REAL *force,      /* IN    [count] weight times error */
    int count,
    ptrdiff_t size,
    REAL clip)              /* IN    no number of a gradient is larger */
{
    for (ptrdiff_t i = 0; i < size; i += LANES) {
        const vec wa = LOOSE(a + i), sa = LOOSE(a + size + i);
        vec push = wa - wa;
        for (int k = 0; k < count; k++) {
            REAL *b = rows[k] + i;
            const vec wb = LOOSE(b), ga = NAME(clip)(force[k] * wb, clip), half = NAME(clip)(force[k] / 2 * wa, clip / 2);
            const vec gb = half + half, sb = LOOSE(b + size) + gb * gb;
            if (LANES >= 16 || i % 16 == 0) {
                PREFETCH(rows[k + WV_AHEAD] + i);
                PREFETCH(rows[k + WV_AHEAD] + size + i);
            }
            push += ga;
            LOOSE(b) = wb - half * NAME(twice_rsqrt)(sb);
            LOOSE(b + size) = sb;
        }
        const vec sum = sa + push * push;
        LOOSE(a + i) = wa - 0.5f * push * NAME(twice_rsqrt)(sum);
        LOOSE(a + size + i) = sum;
    }
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
            LOOSE(a + i) -= g * NAME(twice_rsqrt)(sum);
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
        return;
    }
    /* Series that are good to the last bits of float32. In one loop the compiler would branch on the two bounds of y,
       and make no vectors. */
    const float log_max = (float)log(x_max), power = (float)exponent;
    for (int i = 0; i < count; i++) {
        const float x = (float)target[i];
        float m, s, q, y;
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
        weight[i] = y < 0 ? y : 0;
    }
    for (int i = 0; i < count; i++) {
        const float y = weight[i] > -87 ? (float)weight[i] : -87;
        float r, e;
        int32_t bits, k = (int32_t)(y * 1.44269504f - 0.5f); /* y = k log 2 + r, -log 2 / 2 <= r <= log 2 / 2 */
        r = (y - (float)k * 0.693359375f) + (float)k * 2.12194440e-4f;
        e = 1 + r * (1 + r * (1.f / 2 + r * (1.f / 6 + r * (1.f / 24 + r * (1.f / 120 + r * (1.f / 720))))));
        memcpy(&bits, &e, 4);
        bits += k * (1 << 23);
        memcpy(&e, &bits, 4);
        weight[i] = e;
    }
}

/* Bring a row to the cache. */
TARGET INLINE void NAME(fetch)(const REAL *row, ptrdiff_t size)
{
    for (ptrdiff_t i = 0; i < 2 * size; i += 64 / (ptrdiff_t)sizeof(REAL))
        PREFETCH(row + i);
}

/* Some cells in their order: those of an outer word one after another. */
struct NAME(batch) {
    int cells, groups;
    REAL *outer[WV_BATCH + 1];        /* [groups + 1] the row of each group; the last one again */
    int end[WV_BATCH];                /* [groups] */
    REAL *inner[WV_BATCH + WV_AHEAD]; /* [cells + WV_AHEAD] the row of each cell; the last one again and again */
    REAL target[WV_BATCH + WV_TOGETHER]; /* counts; their logarithms */
};

/* The steps of a group of GloVe; the sum of the losses before them. */
TARGET INLINE REAL NAME(group)(
    const struct wv_glove *g,
    REAL *outer,
    REAL *const *rows,      /* IN    [count + WV_AHEAD] */
    const REAL *target,     /* IN    [WV_TOGETHER] the first `count` are used */
    const REAL *weight,     /* IN    likewise */
    int count)
{
    REAL dots[WV_SLOTS], force[WV_SLOTS], loss = 0;
    NAME(products)(outer, rows, count, g->size, dots);
    for (int k = 0; k < count; k++) {
        const REAL error = dots[k] - target[k];
        force[k] = weight[k] * error;
        loss += force[k] * error;
    }
    NAME(descend)(outer, rows, force, count, g->size, (REAL)g->clip);
    return loss / 2;
}

/* The steps of a batch; the sum of the losses of its cells before their steps. */
TARGET NOINLINE static double NAME(steps)(
    const struct wv_glove *g,
    struct NAME(batch) *batch, /* INOUT empty afterwards */
    double *scalar)         /* INOUT [2] for SN */
{
    REAL weight[WV_BATCH + WV_TOGETHER];
    double loss = 0;
    if (batch->cells == 0)
        return 0;
    for (int i = batch->cells; i < batch->cells + WV_AHEAD; i++)
        batch->inner[i] = batch->inner[i - 1];
    batch->outer[batch->groups] = batch->outer[batch->groups - 1];
    NAME(targets)(batch->target, weight, batch->cells, g->x_max, g->exponent);
    for (int n = 0, at = 0; n < batch->groups; at = batch->end[n++]) {
        REAL *outer = batch->outer[n];
        if (batch->outer[n + 1] != outer)
            NAME(fetch)(batch->outer[n + 1], g->size);
        if (g->squared) {
            for (int i = at; i < batch->end[n]; i++) {
                NAME(fetch)(batch->inner[i + WV_AHEAD], g->size);
                loss += NAME(norm)(outer, batch->inner[i], g->size, batch->target[i], weight[i], (REAL)g->clip, scalar);
            }
        } else
            loss += NAME(group)(g, outer, batch->inner + at, batch->target + at, weight + at, batch->end[n] - at);
    }
    batch->cells = batch->groups = 0;
    return loss;
}

/* All cells of a tile, panel by panel of the inner words, those of an outer word one after another; the sum of their
   losses before their steps. */
TARGET static double NAME(tile)(
    const struct wv_glove *g,
    int64_t first,          /* IN    outer words */
    int64_t last,
    double *scalar)         /* INOUT [2] for SN */
{
    struct NAME(batch) batch;
    double loss = 0;
    int64_t left = 0; /* cells */
    batch.cells = batch.groups = 0;
    for (int64_t word = first; word < last; word++) {
        g->places[word - first] = g->indptr[word] + g->start[word];
        left += g->end[word] - g->start[word];
    }
    for (int64_t bound = g->first_inner + g->panel; left > 0; bound += g->panel)
        for (int64_t word = first; word < last; word++) {
            REAL *outer = (REAL *)g->outer + 2 * g->size * word;
            const int64_t begin = g->places[word - first], end = g->indptr[word] + g->end[word];
            int64_t at = begin;
            int count = 0;
            for (; at < end && g->indices[at] < bound; at++) {
                batch.inner[batch.cells] = (REAL *)g->inner + 2 * g->size * g->indices[at];
                batch.target[batch.cells++] = (REAL)g->data[at];
                if (count++ % WV_TOGETHER == 0)
                    batch.outer[batch.groups++] = outer;
                batch.end[batch.groups - 1] = batch.cells;
                if (batch.cells == WV_BATCH) {
                    loss += NAME(steps)(g, &batch, scalar);
                    count = 0;
                    if (*(volatile const int32_t *)g->stop)
                        return loss;
                }
            }
            g->places[word - first] = at;
            left -= at - begin;
        }
    return loss + NAME(steps)(g, &batch, scalar);
}
#undef DESCEND
