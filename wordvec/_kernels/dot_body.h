/* The product of two rows of any size; compiled for every SIMD level by levels.h. */

/* Vectors of 64 bytes, which mostly lie in two lines of the cache, are read no faster than those
   of 32, so that AVX-512 has no version of its own. */
#if LEVEL != WV_AVX512
TARGET static float NAME(dot)(
    const float *a,  /* IN [size] */
    const float *b,  /* IN [size] */
    ptrdiff_t size)  /* IN */
{
    const vec none = {0};
    vec s0 = none, s1 = none, s2 = none, s3 = none;
    float rest = 0;
    ptrdiff_t i = 0;
    for (; i + 4 * LANES <= size; i += 4 * LANES) {
        s0 += LOOSE(a + i) * LOOSE(b + i);
        s1 += LOOSE(a + i + LANES) * LOOSE(b + i + LANES);
        s2 += LOOSE(a + i + 2 * LANES) * LOOSE(b + i + 2 * LANES);
        s3 += LOOSE(a + i + 3 * LANES) * LOOSE(b + i + 3 * LANES);
    }
    for (; i + LANES <= size; i += LANES)
        s0 += LOOSE(a + i) * LOOSE(b + i);
    for (; i < size; i++)
        rest += a[i] * b[i];
    return NAME(sum)((s0 + s1) + (s2 + s3)) + rest;
}
#endif
