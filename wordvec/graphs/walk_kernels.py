"""Random walks compiled by numba: this module is imported when walks are made, never before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_LOW, _HALF, _TO_UNIT = np.uint64(0xFFFFFFFF), np.uint64(32), 2.0**-53


@njit(inline="always")
def mixed(state: Any) -> Any:
    """The finaliser of splitmix64: a random number of a state that grows by a constant."""
    z = (state ^ (state >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@njit(inline="always")
def arc_to(indptr: Any, indices: Any, node: Any, other: Any) -> Any:
    """The arc from a node to another, -1 where there is none: a binary search."""
    low, high = indptr[node], indptr[node + 1]
    while low < high:
        middle = (low + high) >> 1
        if indices[middle] < other:
            low = middle + 1
        else:
            high = middle
    if low < indptr[node + 1] and indices[low] == other:
        return low
    return -1


@njit(inline="always")
def drawn(indptr: Any, threshold: Any, alias: Any, weighted: Any, node: Any, random: Any) -> Any:
    """An arc of a node: uniform, or by weight from the alias table of the node; `random` is a 64-bit number."""
    begin = indptr[node]
    size = np.uint64(indptr[node + 1] - begin)
    arc = begin + np.int64(((random >> _HALF) * size) >> _HALF)
    if weighted and (random & _LOW) >= threshold[arc]:
        arc = begin + alias[arc]
    return arc


@njit(cache=True, nogil=True)
def alias_tables(
    indptr: Any,  # IN  [V + 1]
    weights: Any,  # IN  [arcs] above zero
    threshold: Any,  # OUT [arcs] uint64: a 32-bit draw below it keeps the arc
    alias: Any,  # OUT [arcs] else this one, counted from the first arc of the node
    stack: Any,  # scratch [most arcs of a node] int64
    share: Any,  # scratch [most arcs of a node] float64
    first: int,
    last: int,
) -> None:
    """Vose's alias method for the arcs of each of the nodes first..last."""
    for node in range(first, last):
        begin, size = indptr[node], indptr[node + 1] - indptr[node]
        total = 0.0
        for i in range(size):
            total += weights[begin + i]
        few, many = 0, size  # the poor from the left of the stack, the rich from the right
        for i in range(size):
            share[i] = weights[begin + i] * size / total
            threshold[begin + i], alias[begin + i] = np.uint64(4294967296), i
            if share[i] < 1:
                stack[few] = i
                few += 1
            else:
                many -= 1
                stack[many] = i
        while few > 0 and many < size:
            few -= 1
            poor, rich = stack[few], stack[many]
            threshold[begin + poor], alias[begin + poor] = np.uint64(share[poor] * 4294967296.0), rich
            share[rich] -= 1 - share[poor]
            if share[rich] < 1:
                stack[few] = rich
                few += 1
                many += 1


@njit(inline="always")
def unit(state: Any) -> Any:
    """A random number in 0..1 of a state."""
    return (mixed(state) >> np.uint64(11)) * _TO_UNIT


@njit(inline="always")
def accepted(
    indptr: Any, indices: Any, directed: Any, before: Any, other: Any, height: Any, back: Any, away: Any
) -> Any:
    """Whether a step to another node lies below its density: `height` is uniform below the highest density."""
    if other == before:
        return height < back
    if height < min(1.0, away):
        return True
    if not directed and indptr[before + 1] - indptr[before] > indptr[other + 1] - indptr[other]:
        before, other = other, before  # the shorter list of the two
    return height < (1.0 if arc_to(indptr, indices, before, other) >= 0 else away)


@njit(inline="always")
def overhang(
    indptr: Any, indices: Any, weights: Any, plain: Any, weighted: Any, node: Any, before: Any, height: Any
) -> Any:
    """The part of the weight of the way back that stands `height` above all others; `plain`: it is there, with 1."""
    if height <= 0.0:
        return 0.0
    if plain:
        return height
    arc = arc_to(indptr, indices, node, before)
    if arc < 0:
        return 0.0
    return weights[arc] * height if weighted else height


@njit(cache=True, nogil=True)
def walk(
    indptr: Any,  # IN  [V + 1]
    indices: Any,  # IN  [arcs] rising for every node
    weights: Any,  # IN  [arcs]
    sums: Any,  # IN  [V] the weight of all arcs of each node
    threshold: Any,  # IN  [arcs] or [0] of alias tables
    alias: Any,  # IN  [arcs] or [0]
    weighted: bool,
    directed: bool,
    back: float,  # 1 / p
    away: float,  # 1 / q
    starts: Any,  # IN  [walks]
    seed: Any,  # uint64
    walks: Any,  # OUT [walks, length]
    sizes: Any,  # OUT [walks] nodes of each
    first: int,
    last: int,
) -> None:
    """The walks first..last, each with random numbers of its own; they end at nodes without arcs."""
    length = walks.shape[1]
    second = back != 1.0 or away != 1.0
    top = max(1.0, away)  # the density of all arcs but the one that leads back
    plain = not (directed or weighted)
    for number in range(first, last):
        state = mixed(seed + np.uint64(number) * _MIX_2)
        node, before, done = starts[number], np.int32(-1), 1
        walks[number, 0] = node
        while done < length and indptr[node] < indptr[node + 1]:
            rejected = True
            extra = 0.0
            if second and before >= 0:
                extra = overhang(indptr, indices, weights, plain, weighted, node, before, back - top)
            while rejected:
                state += _STEP
                if extra > 0.0 and unit(state) * (sums[node] * top + extra) < extra:
                    other = before
                    break
                state += _STEP
                other = indices[drawn(indptr, threshold, alias, weighted, node, mixed(state))]
                state += _STEP
                rejected = (
                    second
                    and before >= 0
                    and not accepted(indptr, indices, directed, before, other, unit(state) * top, back, away)
                )
            before, node = node, other
            walks[number, done] = node
            done += 1
        sizes[number] = done
