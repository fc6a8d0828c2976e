/* Products of small square matrices; included by the bodies that need them.

   A matrix of d rows is kept in `rows` rows of `stride` numbers, multiples of four and of LANES. What lies beyond d is
   zero in matrices that are gathered, and reaches no number within d in those that are computed. */

#include "matrices.h"

#define PART (LANES < 8 ? LANES : 8) /* 20 numbers are three vectors of 8 and two of 16: the same work or less */
#if LANES > 1
typedef REAL NAME(part) __attribute__((vector_size(PART * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
#else
typedef REAL NAME(part);
#endif

/* Four rows of a product, `count` vectors of them. */
TARGET INLINE void NAME(strip)(
    REAL *c,       /* INOUT where add, else OUT: [4, count * PART] of rows of `stride` */
    const REAL *a, /* IN    four rows of op(a), see below */
    ptrdiff_t row,
    ptrdiff_t step,
    const REAL *b, /* IN    [d, count * PART] of rows of `stride` */
    int d,
    int stride,
    int add,
    const int count)
{
    NAME(part) sum[4][3];
    UNROLL for (int i = 0; i < 4; i++)
        UNROLL for (int v = 0; v < count; v++) {
            sum[i][v] = (NAME(part)){0};
            if (add)
                sum[i][v] = *(const NAME(part) *)(c + i * stride + v * PART);
        }
    for (int k = 0; k < d; k++) {
        NAME(part) x[3];
        UNROLL for (int v = 0; v < count; v++)
            x[v] = *(const NAME(part) *)(b + k * stride + v * PART);
        UNROLL for (int i = 0; i < 4; i++) {
            const REAL f = a[i * row + k * step];
            UNROLL for (int v = 0; v < count; v++)
                sum[i][v] += f * x[v];
        }
    }
    UNROLL for (int i = 0; i < 4; i++)
        UNROLL for (int v = 0; v < count; v++)
            *(NAME(part) *)(c + i * stride + v * PART) = sum[i][v];
}

/* The whole product; arguments as below. */
TARGET INLINE void NAME(product)(
    REAL *c, const REAL *a, ptrdiff_t row, ptrdiff_t step, const REAL *b, int d, int stride, int add)
{
    for (int i = 0; i < d; i += 4)
        for (int j = 0; j < stride;) {
            const int left = (stride - j) / PART, count = left == 3 || left > 4 ? 3 : left > 1 ? 2 : 1;
            REAL *at = c + i * stride + j;
            if (count == 3)
                NAME(strip)(at, a + i * row, row, step, b + j, d, stride, add, 3);
            else if (count == 2)
                NAME(strip)(at, a + i * row, row, step, b + j, d, stride, add, 2);
            else
                NAME(strip)(at, a + i * row, row, step, b + j, d, stride, add, 1);
            j += count * PART;
        }
}

/* c = op(a) b, or c += op(a) b; the number of op(a) in line i and column k is a[i * row + k * step]. */
typedef void (*NAME(multiply))(
    REAL *c, const REAL *a, ptrdiff_t row, ptrdiff_t step, const REAL *b, int d, int stride, int add);

#define OF_SIZE(n)                                                                                                     \
    TARGET static void NAME(product_##n)(                                                                              \
        REAL *c, const REAL *a, ptrdiff_t row, ptrdiff_t step, const REAL *b, int d, int stride, int add)             \
    {                                                                                                                  \
        (void)d;                                                                                                       \
        (void)stride;                                                                                                  \
        if (add)                                                                                                       \
            NAME(product)(c, a, row, step, b, n, WV_STRIDE(n), 1);                                                     \
        else                                                                                                           \
            NAME(product)(c, a, row, step, b, n, WV_STRIDE(n), 0);                                                     \
    }
OF_SIZE(16)
OF_SIZE(20)
OF_SIZE(24)
OF_SIZE(28)
#undef OF_SIZE

TARGET static void NAME(product_any)(
    REAL *c, const REAL *a, ptrdiff_t row, ptrdiff_t step, const REAL *b, int d, int stride, int add)
{
    NAME(product)(c, a, row, step, b, d, stride, add);
}

TARGET static NAME(multiply) NAME(product_of)(int d)
{
    return d == 16 ? NAME(product_16) : d == 20 ? NAME(product_20) : d == 24 ? NAME(product_24)
         : d == 28 ? NAME(product_28) : NAME(product_any);
}

/* I + w, where w is a row of d x d numbers. */
TARGET static void NAME(gather)(
    REAL *m,       /* OUT [WV_ROWS(d), stride] */
    const REAL *w, /* IN  [d * d] */
    int d,
    int stride)
{
    memset(m, 0, (size_t)(WV_ROWS(d) * stride) * sizeof(REAL));
    for (int i = 0; i < d; i++) {
        memcpy(m + i * stride, w + i * d, (size_t)d * sizeof(REAL));
        m[i * stride + i] += 1;
    }
}

/* A row of d x d numbers of a matrix. */
TARGET static void NAME(flatten)(
    REAL *row,     /* OUT [d * d] */
    const REAL *m, /* IN  [WV_ROWS(d), stride] */
    int d,
    int stride)
{
    for (int i = 0; i < d; i++)
        memcpy(row + i * d, m + i * stride, (size_t)d * sizeof(REAL));
}
