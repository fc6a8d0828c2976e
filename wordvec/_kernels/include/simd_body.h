/* Vectors of LANES numbers and what all kernels do with them, for one level; included by levels.h before each body.

   GCC and clang compile the vector extensions to the instructions of the level. With LANES 1 the same source is plain C
   for every other compiler. */
#if LANES == 1
typedef REAL vec;
typedef REAL NAME(loose);
#else
typedef REAL vec __attribute__((vector_size(LANES * sizeof(REAL)), may_alias));
typedef REAL NAME(loose) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
#if IS_DOUBLE
typedef int64_t ivec __attribute__((vector_size(LANES * 8), may_alias));
#else
typedef int32_t ivec __attribute__((vector_size(LANES * 4), may_alias));
#endif
#endif

/* The sum of all lanes, by halves. */
TARGET INLINE REAL NAME(sum)(vec x)
{
#if LANES > 1
    REAL part[LANES];
    LOOSE(part) = x;
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            part[i] += part[i + half];
    return part[0];
#else
    return x;
#endif
}

/* The same from the first lane to the last. */
TARGET INLINE REAL NAME(sum_in_order)(vec x)
{
    REAL part[LANES], sum = 0;
    memcpy(part, &x, sizeof part);
    for (int i = 0; i < LANES; i++)
        sum += part[i];
    return sum;
}

/* A round of the sums below: t[i] and t[i + h] become one vector of half as many sums of each. */
#define ROUND(h)                                                                                                       \
    UNROLL                                                                                                             \
    for (int i = 0; i < (h); i++)                                                                                      \
        t[i] = SHUFFLE(t[i], t[i + (h)], OWN, h) + SHUFFLE(t[i], t[i + (h)], OTHER, h);

/* Lane i of the result is the sum over all lanes of t[i]: log2(LANES) rounds instead of LANES separate sums. */
TARGET INLINE vec NAME(fold)(
    vec *t) /* INOUT [LANES], overwritten */
{
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
    return t[0];
}

#if LANES == 16
/* The same by halves: lane i of either half of the result is the sum over that half of t[i]. */
TARGET INLINE vec NAME(fold_halves)(
    vec *t) /* INOUT [8], overwritten */
{
    ROUND(4)
    ROUND(2)
    ROUND(1)
    return t[0];
}
#endif
#undef ROUND

/* The product of two rows in two chains of additions; size is a multiple of LANES, and above 0. */
TARGET INLINE REAL NAME(product_of_rows)(
    const REAL *a, /* IN [size] */
    const REAL *b, /* IN [size] */
    ptrdiff_t size)
{
    vec even = LOOSE(a) * LOOSE(b), odd = even - even;
    ptrdiff_t i = LANES;
    for (; i + LANES < size; i += 2 * LANES) {
        odd += LOOSE(a + i) * LOOSE(b + i);
        even += LOOSE(a + i + LANES) * LOOSE(b + i + LANES);
    }
    if (i < size)
        odd += LOOSE(a + i) * LOOSE(b + i);
    return NAME(sum)(even + odd);
}

/* The product of two rows of any size: `width` sums side by side, a constant, which the compiler makes vectors of. */
TARGET INLINE float NAME(product_of_floats)(
    const float *__restrict a, /* IN [size] */
    const float *__restrict b, /* IN [size] */
    ptrdiff_t size, const int width)
{
    float sums[32] = {0}, sum = 0;
    ptrdiff_t i = 0;
    for (; i + width <= size; i += width) {
        for (int j = 0; j < width; j++)
            sums[j] += a[i + j] * b[i + j];
    }
    for (; i < size; i++)
        sum += a[i] * b[i];
    for (int j = 0; j < width; j++)
        sum += sums[j];
    return sum;
}

/* The logistic function s(z) of one number, and softplus(-|z|) = log(1 + exp(-|z|)), from which log s(z) and log s(-z)
   follow: -log s(z) = softplus - min(z, 0). NaN stays NaN. */
TARGET INLINE REAL NAME(logistic_of)(
    REAL z,
    REAL *softplus) /* OUT */
{
#if IS_DOUBLE
    const REAL e = exp(z < 0 ? z : -z);
    *softplus = log1p(e);
#else
    const REAL e = expf(z < 0 ? z : -z);
    *softplus = log1pf(e);
#endif
    return (z < 0 ? e : 1) / (1 + e);
}

/* The same of a vector. float32: polynomials, absolute error below 3e-7, and below 1e-4 where factors are rounded to 8 bits
   in any case; float64, and where there are no vectors: exact. */
#if IS_DOUBLE || LANES == 1
TARGET INLINE vec NAME(logistic)(vec z, vec *softplus)
{
    vec s = z;
    for (int i = 0; i < LANES; i++)
        ((REAL *)&s)[i] = NAME(logistic_of)(((REAL *)&z)[i], (REAL *)softplus + i);
    return s;
}
#elif LEVEL == WV_AVX512_BF16
TARGET INLINE vec NAME(logistic)(vec z, vec *softplus)
{
    const __mmask16 negative = _mm512_movepi32_mask((__m512i)z);
    const vec magic = (vec){0} + 12582912.f, least = (vec){0} - 126.f;
    const vec t = (vec)_mm512_max_ps((__m512)least, (__m512)((vec)((ivec)z | (int32_t)0x80000000) * 1.44269504f));
    const vec rounded = t + magic, r = t - (rounded - magic);
    const vec power = ((5.597715e-2f * r + 2.422255e-1f) * r + 6.9311249e-1f) * r + 1.f;
    const vec e = (vec)((ivec)power + ((ivec)rounded << 23));
    const vec near = (vec)_mm512_rcp14_ps((__m512)(1.f + e));
    *softplus = e * ((((4.134723e-2f * e - 1.5742704e-1f) * e + 3.0630081e-1f) * e - 4.9697777e-1f) * e + 9.9994328e-1f);
    return (vec)_mm512_mask_mul_ps((__m512)near, negative, (__m512)near, (__m512)e);
}
#else
#define CHOOSE(mask, a, b) ((vec)(((mask) & (ivec)(a)) | (~(mask) & (ivec)(b))))
TARGET INLINE vec NAME(logistic)(vec z, vec *softplus)
{
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
#undef CHOOSE
#endif
