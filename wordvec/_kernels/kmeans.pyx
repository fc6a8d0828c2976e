"""k-means of the parts of rows: k-means++ seeds, rounds of Lloyd's algorithm, nearest centroids, for wordvec.codecs."""
from libc.stdint cimport int64_t, uint8_t

from wordvec._kernels.simd cimport level_of

cdef extern from "kmeans.h":
    ctypedef void (*wv_nearest)(
        const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, int, uint8_t*, float*
    ) noexcept nogil
    ctypedef double (*wv_closer)(const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, float*) noexcept nogil
    enum: WV_BLOCK
    const wv_nearest[3] wv_nearests
    const wv_closer[3] wv_closers

BLOCK = WV_BLOCK


def nearest(
    const float[:, ::1] points,       # IN  [D, N] numbers of N points, a part's `size` rows after another
    const float[:, :, ::1] centroids, # IN  [M, K, size], K at most 256; M * size = D
    uint8_t[:, ::1] labels,           # OUT [M, N] the nearest centroid of every part, the first of equal ones
    float[::1] errors,                # OUT scratch [N]
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The nearest centroid of every part of every point."""
    cdef wv_nearest find = wv_nearests[level_of(level)]
    cdef Py_ssize_t part, count = points.shape[1], size = centroids.shape[2]
    if count == 0:
        return
    with nogil:
        for part in range(centroids.shape[0]):
            find(&points[part * size, 0], count, count, size, &centroids[part, 0, 0], <int>centroids.shape[1],
                 &labels[part, 0], &errors[0])


def seeds(
    const float[:, ::1] points,       # IN    [size, N], N at least 1
    const double[::1] draws,          # IN    [K] numbers from 0 to 1
    float[:, ::1] centroids,          # OUT   [K, size]
    float[::1] errors,                # OUT   scratch [N]
    double[::1] sums,                 # OUT   scratch [N / BLOCK rounded up]
    int level=-1,                     # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """k-means++ (Arthur and Vassilvitskii 2007): each centroid a point drawn by its squared distance to those before.

    Where no point is left at a distance, the rest are copies of the first centroid, and never nearest to anything.
    """
    cdef wv_closer closer = wv_closers[level_of(level)]
    cdef Py_ssize_t count = points.shape[1], size = points.shape[0], k, i, j, block, chosen
    cdef double total, below
    with nogil:
        for i in range(count):
            errors[i] = 3e38
        chosen = min(<Py_ssize_t>(draws[0] * count), count - 1)
        for k in range(centroids.shape[0]):
            if k:
                total = 0
                for block in range(sums.shape[0]):
                    total += sums[block]
                if total == 0:
                    for j in range(size):
                        centroids[k, j] = centroids[0, j]
                    continue
                below = draws[k] * total
                total = 0
                chosen = -1
                for block in range(sums.shape[0]):
                    if sums[block] == 0 or (total + sums[block] <= below and not last(sums, block)):
                        total += sums[block]
                        continue
                    for i in range(block * WV_BLOCK, min(count, (block + 1) * WV_BLOCK)):
                        if errors[i] > 0:
                            total += errors[i]
                            chosen = i
                            if total > below:
                                break
                    break
            for j in range(size):
                centroids[k, j] = points[j, chosen]
            for block in range(sums.shape[0]):
                i = block * WV_BLOCK
                sums[block] = closer(&points[0, i], count, min(<Py_ssize_t>WV_BLOCK, count - i), size,
                                     &centroids[k, 0], &errors[i])


cdef inline bint last(
    double[::1] sums,                 # IN [blocks]
    Py_ssize_t block,                 # IN
) noexcept nogil:
    """Whether no block after this one has points at a distance: rounding may have used up the draw before its end."""
    cdef Py_ssize_t i
    for i in range(block + 1, sums.shape[0]):
        if sums[i] > 0:
            return False
    return True


def rounds(
    const float[:, ::1] points,       # IN    [size, N]
    float[:, ::1] centroids,          # INOUT [K, size]
    Py_ssize_t most,                  # IN    rounds, fewer where nothing changes any more
    uint8_t[::1] labels,              # OUT   scratch [N]
    float[::1] errors,                # OUT   scratch [N]
    double[:, ::1] sums,              # OUT   scratch [K, size]
    int64_t[::1] members,             # OUT   scratch [K]
    int level=-1,                     # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """Lloyd's rounds; an empty cluster takes the farthest point of the largest one. Means are summed in float64."""
    cdef wv_nearest find = wv_nearests[level_of(level)]
    cdef Py_ssize_t count = points.shape[1], size = points.shape[0], clusters = centroids.shape[0], turn, i, j, k
    cdef Py_ssize_t largest, farthest
    cdef float mean
    cdef bint changed
    with nogil:
        for turn in range(most):
            find(&points[0, 0], count, count, size, &centroids[0, 0], <int>clusters, &labels[0], &errors[0])
            for k in range(clusters):
                members[k] = 0
                for j in range(size):
                    sums[k, j] = 0
            for i in range(count):
                members[labels[i]] += 1
            for j in range(size):
                for i in range(count):
                    sums[labels[i], j] += points[j, i]
            changed = False
            for k in range(clusters):
                if members[k] == 0:
                    largest = 0
                    for j in range(clusters):
                        if members[j] > members[largest]:
                            largest = j
                    farthest = -1
                    for i in range(count):
                        if labels[i] == largest and errors[i] > 0 and (farthest < 0 or errors[i] > errors[farthest]):
                            farthest = i
                    if farthest < 0:  # all its points are equal: nothing to share
                        continue
                    members[largest] -= 1
                    members[k] = 1
                    labels[farthest] = <uint8_t>k
                    for j in range(size):
                        sums[largest, j] -= points[j, farthest]
                        sums[k, j] = points[j, farthest]
            for k in range(clusters):
                for j in range(size):
                    if members[k] == 0:
                        continue
                    mean = <float>(sums[k, j] / members[k])
                    changed |= mean != centroids[k, j]
                    centroids[k, j] = mean
            if not changed:
                break
