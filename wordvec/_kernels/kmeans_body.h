/* The loop behind kmeans.pyx; compiled for every SIMD level by levels.h. */

#if LANES > 1

/* Two vectors of points meet every centroid; inlined for each small size. */
TARGET INLINE void NAME(pair)(
    const float *points,    /* IN  [size] rows of [2 LANES], `stride` apart */
    ptrdiff_t stride,
    ptrdiff_t size,
    const float *centroids, /* IN  [clusters, size] */
    int clusters,
    int32_t *labels,        /* OUT [2 LANES] */
    float *errors)          /* OUT [2 LANES] squared distances */
{
    vec best0 = (vec){0} + INFINITY, best1 = best0;
    ivec label0 = {0}, label1 = {0};
    for (int k = 0; k < clusters; k++) {
        const float *centroid = centroids + k * size;
        vec far0 = {0}, far1 = {0};
        ivec near0, near1;
        for (ptrdiff_t i = 0; i < size; i++) {
            const vec a = LOOSE(points + i * stride) - centroid[i];
            const vec b = LOOSE(points + i * stride + LANES) - centroid[i];
            far0 += a * a;
            far1 += b * b;
        }
        near0 = far0 < best0;
        near1 = far1 < best1;
        best0 = (vec)((near0 & (ivec)far0) | (~near0 & (ivec)best0));
        best1 = (vec)((near1 & (ivec)far1) | (~near1 & (ivec)best1));
        label0 = (near0 & k) | (~near0 & label0);
        label1 = (near1 & k) | (~near1 & label1);
    }
    memcpy(labels, &label0, sizeof label0);
    memcpy(labels + LANES, &label1, sizeof label1);
    LOOSE(errors) = best0;
    LOOSE(errors + LANES) = best1;
}
#endif

/* Of equal distances the first centroid. The sums of a point do not depend on the points beside it. */
TARGET static void NAME(nearest)(
    const float *points,    /* IN  [size] rows of [count], `stride` apart */
    ptrdiff_t stride,
    ptrdiff_t count,
    ptrdiff_t size,
    const float *centroids, /* IN  [clusters, size] */
    int clusters,           /* IN  at most 256 */
    uint8_t *labels,        /* OUT [count] */
    float *errors)          /* OUT [count] squared distances */
{
    ptrdiff_t first = 0, i;
#if LANES > 1
    int32_t label[2 * LANES];
    for (; first + 2 * LANES <= count; first += 2 * LANES) {
        const float *some = points + first;
        switch (size) {
        case 1: NAME(pair)(some, stride, 1, centroids, clusters, label, errors + first); break;
        case 2: NAME(pair)(some, stride, 2, centroids, clusters, label, errors + first); break;
        case 3: NAME(pair)(some, stride, 3, centroids, clusters, label, errors + first); break;
        case 4: NAME(pair)(some, stride, 4, centroids, clusters, label, errors + first); break;
        default: NAME(pair)(some, stride, size, centroids, clusters, label, errors + first);
        }
        for (i = 0; i < 2 * LANES; i++)
            labels[first + i] = (uint8_t)label[i];
    }
    if (first < count && size <= 64) { /* the rest again in a whole vector, so that every point is summed alike */
        float rest[64 * 2 * LANES] = {0}, error[2 * LANES];
        for (i = 0; i < size; i++)
            memcpy(rest + 2 * LANES * i, points + i * stride + first, (count - first) * sizeof *rest);
        NAME(pair)(rest, 2 * LANES, size, centroids, clusters, label, error);
        for (i = first; i < count; i++) {
            labels[i] = (uint8_t)label[i - first];
            errors[i] = error[i - first];
        }
        first = count;
    }
#endif
    for (; first < count; first++) {
        errors[first] = INFINITY;
        labels[first] = 0;
        for (int k = 0; k < clusters; k++) {
            float far = 0;
            for (i = 0; i < size; i++) {
                const float x = points[i * stride + first] - centroids[k * size + i];
                far += x * x;
            }
            if (far < errors[first]) {
                errors[first] = far;
                labels[first] = (uint8_t)k;
            }
        }
    }
}

/* Bring the squared distances of a block of points up to date with one centroid more; their sum. */
TARGET static double NAME(closer)(
    const float *points,    /* IN    [size] rows of [count], `stride` apart */
    ptrdiff_t stride,
    ptrdiff_t count,        /* IN    at most WV_BLOCK */
    ptrdiff_t size,
    const float *centroid,  /* IN    [size] */
    float *errors)          /* INOUT [count] */
{
    float far[WV_BLOCK];
    double sums[8] = {0};
    ptrdiff_t i, j;
    memset(far, 0, sizeof far);
    for (j = 0; j < size; j++)
        for (i = 0; i < count; i++) {
            const float x = points[j * stride + i] - centroid[j];
            far[i] += x * x;
        }
    for (i = 0; i < count; i++)
        errors[i] = far[i] < errors[i] ? far[i] : errors[i];
    for (i = 0; i + 8 <= count; i += 8)
        for (j = 0; j < 8; j++)
            sums[j] += errors[i + j];
    for (; i < count; i++)
        sums[0] += errors[i];
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}
