"""A slow and obvious twin of wordvec.optim.averaging.combine: sums over a fixed tree of replicas, in numpy."""

import numpy as np


def total(rows, first, last):
    """The sum over the replicas first to last: the left subtree is the largest full one."""
    if last - first == 1:
        return rows[first]
    half = 1
    while 2 * half < last - first:
        half *= 2
    return total(rows, first, first + half) + total(rows, first + half, last)


def moved(base, rows, factors):
    """Base + factors * (mean of the replicas - base), in float32; the rows of one replica stay."""
    if len(rows) == 1:
        return rows[0].copy()
    mean = total(rows, 0, len(rows)) / np.float32(len(rows))
    factors = factors.reshape(-1, *[1] * (base.ndim - 1))
    return (mean - base) * factors + base
