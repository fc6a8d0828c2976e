"""The slow numpy twin of the kernel of GloVe and SN: float64, a cell at a time."""

import numpy as np


def adagrad(counts, outer, inner, scalar, *, squared, x_max=10.0, exponent=0.75, clip=100.0):
    """One pass over all cells, row by row, in place; the sum of the losses before each step."""
    total = 0.0
    for i, (begin, end) in enumerate(zip(counts.indptr, counts.indptr[1:], strict=False)):
        for j, x in zip(counts.indices[begin:end], counts.data[begin:end].astype(np.float64), strict=True):
            (w, w_sum), (c, c_sum) = outer[i], inner[j]
            weight = min(1, (x / x_max) ** exponent)
            if squared:
                error = ((w + c) ** 2).sum() + scalar[0] - np.log(x)
                for_w = for_c = 2 * weight * error * (w + c)
                scalar -= weight * error / scalar[1] ** 0.5, -((weight * error) ** 2)
            else:
                error = w @ c - np.log(x)
                for_w, for_c = weight * error * c, weight * error * w
            total += weight * error**2 / 2
            for_w, for_c = np.clip(for_w, -clip, clip), np.clip(for_c, -clip, clip)
            steps = for_w / w_sum**0.5, for_c / c_sum**0.5  # both from the sums before: a row may meet itself
            w -= steps[0]
            c -= steps[1]
            w_sum += for_w**2
            c_sum += for_c**2
    return total
