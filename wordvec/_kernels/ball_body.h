/* The loop behind the ranks of ball.pyx; compiled for every SIMD level by levels.h. */

/* |u - v|^2 / (1 - |v|^2) of a point and the points of a tile, which rises with their distance. */
TARGET static void NAME(tile)(
    const double *u,      /* IN [size] */
    const double *turned, /* IN [size, nodes] coordinates of all points, one after the other */
    const double *left,   /* IN [nodes] 1 / (1 - |v|^2) */
    int64_t size,
    int64_t nodes,
    int64_t first,
    int64_t count,        /* at most WV_TILE */
    double *out)          /* OUT [count] */
{
    double sums[WV_TILE];
    for (int64_t j = 0; j < count; j++)
        sums[j] = 0;
    for (int64_t k = 0; k < size; k++) {
        const double own = u[k];
        const double *column = turned + k * nodes + first;
        for (int64_t j = 0; j < count; j++) {
            const double step = column[j] - own;
            sums[j] += step * step;
        }
    }
    for (int64_t j = 0; j < count; j++)
        out[j] = sums[j] * left[first + j];
}
