"""Random walks compiled by numba: this module is imported when walks are made, never before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_HALF, _TO_UNIT = np.uint64(32), 2.0**-53
LANES = 32  # walks that a thread makes at a time: while one waits for memory, the others go on
_NUMBER, _DONE, _AT, _BEFORE = range(4)  # of a lane: its walk, the nodes it has, the last of them and the one before


@njit(inline="always")
def mixed(state: Any) -> Any:
    """The finaliser of splitmix64: a random number of a state that grows by a constant."""
    z = (state ^ (state >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@njit(inline="always")
def unit(state: Any) -> Any:
    """A random number in 0..1 of a state."""
    return (mixed(state) >> np.uint64(11)) * _TO_UNIT


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
def slot_of(node: Any, slots: Any) -> Any:
    """Where a neighbour is looked for first in the hash table of a node."""
    return np.int64((((np.uint64(node) * _STEP) >> _HALF) * np.uint64(slots)) >> _HALF)


@njit(cache=True, nogil=True)
def neighbour_tables(
    indptr: Any,  # IN  [V + 1]
    indices: Any,  # IN  [arcs]
    table: Any,  # OUT [2 arcs] int32: of each node a hash table of its neighbours, half of it -1
) -> None:
    """The neighbours of all nodes as hash tables with linear probing; that of node i begins at 2 indptr[i]."""
    table[:] = -1
    for node in range(len(indptr) - 1):
        begin, slots = 2 * indptr[node], 2 * (indptr[node + 1] - indptr[node])
        for arc in range(indptr[node], indptr[node + 1]):
            slot = slot_of(indices[arc], slots)
            while table[begin + slot] >= 0:
                slot = slot + 1 if slot + 1 < slots else 0
            table[begin + slot] = indices[arc]


@njit(inline="always")
def is_linked(indptr: Any, table: Any, node: Any, other: Any) -> Any:
    """Whether a node has an arc to another."""
    begin, slots = 2 * indptr[node], 2 * (indptr[node + 1] - indptr[node])
    slot = slot_of(other, slots)
    while slots and table[begin + slot] >= 0 and table[begin + slot] != other:
        slot = slot + 1 if slot + 1 < slots else 0
    return slots > 0 and table[begin + slot] == other


@njit(inline="always")
def overhang(
    indptr: Any, indices: Any, weights: Any, sums: Any, plain: Any, weighted: Any, node: Any, before: Any, above: Any
) -> Any:
    """The part of the way back that stands `above` all other densities, in arcs of mean weight; `plain`: it is 1."""
    if above <= 0.0 or before < 0:
        return 0.0
    if plain:
        return above
    arc = arc_to(indptr, indices, node, before)
    if arc < 0:
        return 0.0
    return above * weights[arc] * (indptr[node + 1] - indptr[node]) / sums[node] if weighted else above


@njit(inline="always")
def drawn(indptr: Any, threshold: Any, alias: Any, weighted: Any, node: Any, extra: Any, state: Any) -> Any:
    """An arc of a node, by weight, -1 for the overhang of `extra` arcs; a height, uniform in 0..1; the new state."""
    begin, size = indptr[node], indptr[node + 1] - indptr[node]
    state += _STEP
    x = unit(state) * (size + extra)  # below size + extra, however rounded
    arc, height = np.int64(x), x - np.int64(x)
    if arc >= size:
        return -1, height, state
    if weighted:
        if height * 4294967296.0 >= threshold[begin + arc]:
            arc = np.int64(alias[begin + arc])
        state += _STEP
        height = unit(state)
    return begin + arc, height, state


@njit(inline="always")
def goes(
    indptr: Any, table: Any, before: Any, arc: Any, other: Any, height: Any, back: Any, low: Any, rare: Any
) -> Any:
    """Whether `height` lies below the density of the arc to a node; `rare`: arcs of strangers have the lower one."""
    if before < 0 or arc < 0:
        return True
    if other == before:
        return height < back
    return height < low or is_linked(indptr, table, before, other) == rare


@njit(cache=True, nogil=True)
def walk(
    indptr: Any,  # IN  [V + 1]
    indices: Any,  # IN  [arcs] rising for every node
    weights: Any,  # IN  [arcs]
    sums: Any,  # IN  [V] the weight of all arcs of each node
    threshold: Any,  # IN  [arcs] or [0] of alias tables
    alias: Any,  # IN  [arcs] or [0]
    table: Any,  # IN  [2 arcs] of neighbour_tables; [0] where p and q are 1
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
    length, top = walks.shape[1], max(1.0, away)  # top: the density of all arcs but the one that leads back
    back, low, above = back / top, min(1.0, away) / top, (back - top) / top
    second, plain = len(table) > 0, not (directed or weighted)
    states, lanes = np.empty(LANES, np.uint64), np.empty((LANES, 4), np.int64)
    arcs, heights, others = np.empty(LANES, np.int64), np.empty(LANES), np.empty(LANES, np.int64)
    given, active, extra = first, LANES, 0.0
    lanes[:, _NUMBER] = -1
    while active > 0:
        lane = 0
        while lane < active:  # each draws an arc, or takes the next walk
            number, done, node, before = lanes[lane]
            if number >= 0 and done < length and indptr[node] < indptr[node + 1]:
                if second:
                    extra = overhang(indptr, indices, weights, sums, plain, weighted, node, before, above)
                arcs[lane], heights[lane], states[lane] = drawn(
                    indptr, threshold, alias, weighted, node, extra, states[lane]
                )
                lane += 1
                continue
            if number >= 0:
                sizes[number] = done
            if given < last:
                states[lane] = mixed(seed + np.uint64(given) * _MIX_2)
                lanes[lane, _NUMBER], lanes[lane, _DONE] = given, 1
                lanes[lane, _AT], lanes[lane, _BEFORE] = starts[given], -1
                walks[given, 0] = starts[given]
                given += 1
            else:
                active -= 1
                states[lane], lanes[lane] = states[active], lanes[active]
        for lane in range(active):
            others[lane] = indices[arcs[lane]] if arcs[lane] >= 0 else lanes[lane, _BEFORE]
        for lane in range(active):
            number, done, node, before = lanes[lane]
            other = others[lane]
            if not second or goes(indptr, table, before, arcs[lane], other, heights[lane], back, low, away < 1.0):
                walks[number, done] = other
                lanes[lane, _DONE], lanes[lane, _AT], lanes[lane, _BEFORE] = done + 1, other, node
