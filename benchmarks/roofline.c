/* What this machine can do: the loops that roofline.py times. Built with -O3 -march=native. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __AVX512F__
#define BYTES 64
#elif defined __AVX__
#define BYTES 32
#else
#define BYTES 16
#endif
#define LANES (BYTES / 4)
typedef float vec __attribute__((vector_size(BYTES), aligned(4), may_alias));

int lanes(void) { return LANES; }

/* 16 sums that do not wait for each other: 32 LANES operations a step. */
float multiply_add(int64_t steps) {
    vec sum[16], a = (vec){0} + 0.5f, b = (vec){0} + 1e-3f;
    for (int i = 0; i < 16; i++) sum[i] = (vec){0} + (float)i;
    for (int64_t s = 0; s < steps; s++) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) sum[i] = sum[i] * a + b;
    }
    float total = 0;
    for (int i = 0; i < 16; i++) total += sum[i][0];
    return total;
}

/* Products of bytes, four to a sum (VPDPBUSD where there is one): 8 operations for each of LANES sums. 0: there is none. */
#if defined __AVX512VNNI__
#include <immintrin.h>
int64_t multiply_bytes(int64_t steps) {
    __m512i sum[16], a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(2);
    for (int i = 0; i < 16; i++) sum[i] = _mm512_set1_epi32(i);
    for (int64_t s = 0; s < steps; s++) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) sum[i] = _mm512_dpbusd_epi32(sum[i], a, b);
    }
    int64_t total = 1;
    for (int i = 0; i < 16; i++) total += _mm512_reduce_add_epi32(sum[i]) & 1;
    return total;
}
#else
int64_t multiply_bytes(int64_t steps) { return 0 * steps; }
#endif

/* Read all of x [count], `times` over; count is a multiple of 8 LANES. */
float read_all(const float *x, int64_t count, int64_t times) {
    vec sum[8];
    memset(sum, 0, sizeof sum);
    for (int64_t t = 0; t < times; t++)
        for (int64_t i = 0; i < count; i += 8 * LANES) {
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++) sum[k] += *(const vec *)(x + i + k * LANES);
        }
    float total = 0;
    for (int k = 0; k < 8; k++) total += sum[k][0];
    return total;
}

/* Add to all of x [count], in place, `times` over: every byte is read and written. */
void update_all(float *x, int64_t count, int64_t times) {
    for (int64_t t = 0; t < times; t++)
        for (int64_t i = 0; i < count; i += 8 * LANES) {
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++) *(vec *)(x + i + k * LANES) += 1e-3f;
        }
}

/* Write one byte of every page of x [size]. */
void touch(uint8_t *x, int64_t size) {
    for (int64_t i = 0; i < size; i += 4096) x[i] = 1;
}

/* Copy x [size] to all of y [count], again and again. */
void copy_all(uint8_t *y, const uint8_t *x, int64_t count, int64_t size) {
    for (int64_t i = 0; i < count; i += size) memcpy(y + i, x, (size_t)(count - i < size ? count - i : size));
}

/* Read rows of a table in any order, asking for each line `ahead` rows before its turn. */
float gather_rows(
    const float *table,  /* IN  rows of `size` floats */
    const int32_t *rows, /* IN  [count + ahead] */
    int64_t count,
    int64_t size,        /*     a multiple of LANES */
    int64_t ahead
) {
    vec even = {0}, odd = {0}; /* two rows at once: one sum would wait for itself */
    for (int64_t i = 0; i + 1 < count; i += 2) {
        const float *row = table + rows[i] * size, *other = table + rows[i + 1] * size;
        for (int64_t d = 0; d < size; d += 16) {
            __builtin_prefetch(table + rows[i + ahead] * size + d);
            __builtin_prefetch(table + rows[i + ahead + 1] * size + d);
        }
        for (int64_t d = 0; d < size; d += LANES) even += *(const vec *)(row + d), odd += *(const vec *)(other + d);
    }
    return even[0] + odd[0];
}

/* The same, and every row is written. */
void update_rows(float *table, const int32_t *rows, int64_t count, int64_t size, int64_t ahead) {
    for (int64_t i = 0; i < count; i++) {
        float *row = table + rows[i] * size;
        const float *next = table + rows[i + ahead] * size;
        for (int64_t d = 0; d < size; d += 16) __builtin_prefetch(next + d, 1);
        for (int64_t d = 0; d < size; d += LANES) *(vec *)(row + d) += 1e-3f;
    }
}

/* Pass a line of memory on to the other thread and wait until it comes back; `me` is 0 for one of them, 1 for the other. */
void pass_line(volatile int32_t *line, int32_t me, int32_t times) {
    for (int32_t i = 0; i < times; i++) {
        while ((*line & 1) != me) {
        }
        __atomic_fetch_add(line, 1, __ATOMIC_ACQ_REL);
    }
}
