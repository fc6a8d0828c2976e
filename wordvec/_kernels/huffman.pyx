"""Huffman trees of words, for hierarchical softmax."""
from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np


def tree(
    const int64_t[::1] counts,        # IN    [V] falling
    int64_t[::1] parent,              # OUT   [2 V - 1] of each leaf (a word), then of each inner node; the root is the last
    uint8_t[::1] bit,                 # OUT   [2 V - 1] 1 for the heavier child
):
    """The Huffman tree of the words by two queues: leaves from the rarest, inner nodes in the order they are made."""
    cdef Py_ssize_t n = counts.shape[0], leaf = n - 1, inner = n, made, side, child
    cdef int64_t[::1] weight = np.empty(2 * n - 1, np.int64)
    weight[:n] = counts
    parent[2 * n - 2], bit[2 * n - 2] = -1, 0
    for made in range(n, 2 * n - 1):
        weight[made] = 0
        for side in range(2):
            if leaf >= 0 and (inner >= made or weight[leaf] < weight[inner]):
                child = leaf
                leaf -= 1
            else:
                child = inner
                inner += 1
            weight[made] += weight[child]
            parent[child], bit[child] = made, side


def paths(
    const int64_t[::1] parent,        # IN    [2 V - 1]
    const uint8_t[::1] bit,           # IN    [2 V - 1]
    const int64_t[::1] path_offsets,  # IN    [V + 1] depth of each leaf, summed up
    int32_t[::1] path,                # OUT   [path_offsets[V]] inner nodes above each word, from 0, the lowest first
    uint8_t[::1] code,                # OUT   [path_offsets[V]] the side taken at each
):
    """The way from every word up to the root."""
    cdef Py_ssize_t n = path_offsets.shape[0] - 1, i, at, node
    for i in range(n):
        node = i
        for at in range(path_offsets[i], path_offsets[i + 1]):
            code[at] = bit[node]
            node = parent[node]
            path[at] = <int32_t>(node - n)
