/* Vectors of LANES numbers for one instruction set; included once for each, inside its target pragma.

   The includer defines REAL (float or double), LANES and SUFFIX. GCC and Clang compile the vector extensions to
   the instructions of the target; with LANES 1 the same source is plain C for every other compiler. */
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(x) JOIN(x, SUFFIX)
#define vec NAME(vec)
#define ivec NAME(ivec)
#define TILE_COLUMNS (LANES < 8 ? LANES : 8)
#define TILE_ROWS (LANES / TILE_COLUMNS)

#if LANES == 1
typedef REAL vec;
#else
typedef REAL vec __attribute__((vector_size(LANES * sizeof(REAL)), may_alias));
#endif

#define AT(pointer) (*(vec *)(pointer)) /* rows are aligned to 64 bytes */

#if LANES == 1
#define SHUFFLE(a, b, f, h) a
#elif defined(__clang__)
#define SHUFFLE(a, b, f, h) __builtin_shufflevector(a, b, LANE_LIST(f, h))
#else
#define SHUFFLE(a, b, f, h) __builtin_shuffle(a, b, (ivec){LANE_LIST(f, h)})
#endif
#if LANES > 1
#ifndef IS_DOUBLE
typedef int32_t ivec __attribute__((vector_size(LANES * 4), may_alias));
#else
typedef int64_t ivec __attribute__((vector_size(LANES * 8), may_alias));
#endif
#endif

/* Lane i of a shuffle at distance h: the half of both operands without (LOW) or with (HIGH) bit h. */
#define LOW(i, h) ((((i) & (h)) ? LANES : 0) + ((i) & ~(h)))
#define HIGH(i, h) ((((i) & (h)) ? LANES : 0) + ((i) | (h)))
#define LIST2(f, h, i) f(i, h), f(i + 1, h)
#define LIST4(f, h, i) LIST2(f, h, i), LIST2(f, h, i + 2)
#define LIST8(f, h, i) LIST4(f, h, i), LIST4(f, h, i + 4)
#if LANES == 2
#define LANE_LIST(f, h) LIST2(f, h, 0)
#elif LANES == 4
#define LANE_LIST(f, h) LIST4(f, h, 0)
#elif LANES == 8
#define LANE_LIST(f, h) LIST8(f, h, 0)
#elif LANES == 16
#define LANE_LIST(f, h) LIST8(f, h, 0), LIST8(f, h, 8)
#endif

/* Lane i of the result is the sum over all lanes of t[i]: log2(LANES) rounds instead of LANES separate sums. */
INLINE vec NAME(fold)(vec *t) {
#define ROUND(h)                                                                                       \
    UNROLL                                                                                             \
    for (int i = 0; i < (h); i++) t[i] = SHUFFLE(t[i], t[i + (h)], LOW, h) + SHUFFLE(t[i], t[i + (h)], HIGH, h);
#if LANES >= 16
    ROUND(8)
#endif
#if LANES >= 8
    ROUND(4)
#endif
#if LANES >= 4
    ROUND(2)
#endif
#if LANES >= 2
    ROUND(1)
#endif
#undef ROUND
    return t[0];
}

/* The logistic function s(z) and softplus(-|z|) = log(1 + exp(-|z|)), from which both log s(z) and log s(-z) follow.
   float: polynomials, absolute error below 3e-7; double, and where there are no vectors: exact, from libm. */
#if defined(IS_DOUBLE) || LANES == 1
INLINE vec NAME(logistic)(vec z, vec *softplus) {
    vec s = z;
    REAL *zs = (REAL *)&z, *ss = (REAL *)&s, *ls = (REAL *)softplus;
    for (int i = 0; i < LANES; i++) {
        double e = exp(-fabs((double)zs[i]));
        ss[i] = (REAL)(zs[i] >= 0 ? 1 / (1 + e) : e / (1 + e));
        ls[i] = (REAL)log1p(e);
        if (zs[i] != zs[i]) ss[i] = ls[i] = zs[i];
    }
    return s;
}
#else
#define CHOOSE(mask, a, b) ((vec)(((mask) & (ivec)(a)) | (~(mask) & (ivec)(b))))
INLINE vec NAME(logistic)(vec z, vec *softplus) {
    const ivec sign = (ivec)z & (int32_t)0x80000000;
    const vec magic = (vec){0} + 12582912.f; /* 1.5 * 2^23: adding it rounds to an integer, kept in the low bits */
    vec t = (vec)((ivec)z | (int32_t)0x80000000) * 1.44269504f; /* -|z| / log 2 */
    t = CHOOSE(t < -126.f, (vec){0} - 126.f, t);
    const vec rounded = t + magic, r = t - (rounded - magic);
    const vec power = ((((1.34100043e-3f * r + 9.67603642e-3f) * r + 5.55029735e-2f) * r + 2.40221068e-1f) * r
                       + 6.93147242e-1f) * r + 1.f;
    const vec e = (vec)((ivec)power + ((ivec)rounded << 23));
    const vec near = 1.f / (1.f + e);
    *softplus = e * (((((((-6.45261118e-3f * e + 3.60845141e-2f) * e - 9.53224823e-2f) * e + 1.67647839e-1f) * e
                       - 2.40730748e-1f) * e + 3.31798255e-1f) * e - 4.99874055e-1f) * e + 9.99996424e-1f);
    return CHOOSE(sign < 0, e * near, near);
}
#endif
