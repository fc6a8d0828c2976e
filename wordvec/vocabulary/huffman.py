"""The Huffman tree of a vocabulary, by which hierarchical softmax predicts words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import huffman as kernel


def huffman(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
    """The Huffman tree: (offsets [V + 1], inner nodes, code bits); word i has offsets[i]:offsets[i + 1], root last."""
    size = len(counts)
    if size == 1:  # a tree of one leaf
        return np.zeros(2, np.int64), np.zeros(1, np.int32), np.zeros(1, np.uint8)
    parent, bit = np.empty(2 * size - 1, np.int64), np.empty(2 * size - 1, np.uint8)
    order = np.argsort(-counts, kind="stable")
    kernel.tree(np.maximum(counts[order], 1), parent, bit)  # words without a count would make one long branch
    parent[order], bit[order] = parent[:size].copy(), bit[:size].copy()
    depth = np.zeros(2 * size - 1, np.int64)
    for node in range(2 * size - 3, size - 1, -1):
        depth[node] = depth[parent[node]] + 1
    depth[:size] = depth[parent[:size]] + 1
    offsets = np.concatenate([[0], np.cumsum(depth[:size])])
    path, code = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.uint8)
    kernel.paths(parent, bit, offsets, path, code)
    return offsets, path, code
