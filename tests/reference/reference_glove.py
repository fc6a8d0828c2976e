"""The slow numpy twin of the kernel of GloVe and SN: float64, a group of cells at a time."""

import numpy as np

TOGETHER, BATCH = 8, 256  # cells of a word that step together; cells after which a group ends in any case


def groups(counts, together):
    """The row, the columns and the counts of every group: cells of one row, one after another."""
    for i, (begin, end) in enumerate(zip(counts.indptr, counts.indptr[1:], strict=False)):
        while begin < end:
            stop = min(end, begin + together, (begin // BATCH + 1) * BATCH)
            yield i, counts.indices[begin:stop], counts.data[begin:stop].astype(np.float64)
            begin = stop


def adagrad(counts, outer, inner, scalar, *, squared, x_max=10.0, exponent=0.75, clip=100.0):
    """One pass over all cells, row by row, in place; the sum of the losses before each step.

    The cells of a group of GloVe step from the same rows. The sum of the gradients of the outer row is one gradient.
    The square of a gradient counts in its own step already; that of SN, whose cells step one by one, only afterwards.
    """
    total = 0.0
    for i, j, x in groups(counts, 1 if squared else TOGETHER):
        (w, w_sum), (c, c_sum) = outer[i], inner[j].swapaxes(0, 1)
        weight = np.minimum(1, (x / x_max) ** exponent)[:, None]
        if squared:
            error = (((w + c) ** 2).sum(1) + scalar[0] - np.log(x))[:, None]
            for_w = for_c = 2 * weight * error * (w + c)
            force = float(weight[0, 0] * error[0, 0])
            scalar -= force / scalar[1] ** 0.5, -(force**2)
        else:
            error = (c @ w - np.log(x))[:, None]
            for_w, for_c = weight * error * c, weight * error * w
        total += (weight * error**2).sum() / 2
        for_w, for_c = np.clip(for_w, -clip, clip), np.clip(for_c, -clip, clip)
        push = for_w.sum(0)
        if squared:  # at the rates from before: a row may meet itself
            step = push / w_sum**0.5
            np.subtract.at(inner[:, 0], j, for_c / c_sum**0.5)
            w -= step
            np.add.at(inner[:, 1], j, for_c**2)
            w_sum += push**2
        else:
            w_sum += push**2
            inner[j, 1] += for_c**2
            inner[j, 0] -= for_c / inner[j, 1] ** 0.5
            w -= push / w_sum**0.5
    return total
