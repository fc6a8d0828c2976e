"""Continued training of existing matrices, by negative sampling, hierarchical softmax, or both at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import word2vec as kernel
from wordvec.corpus import EncodedCorpus
from wordvec.optim.callbacks import Callback
from wordvec.optim.descent import aligned_matrix, check_finite, descend_on
from wordvec.trainers.word2vec import Inputs, PredictiveTrainer
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary.huffman import huffman


def aligned(matrix: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """The matrix itself where its rows are aligned for the kernel, else an aligned copy, as after pickling."""
    if matrix is None or (matrix.ctypes.data % 64 == 0 and matrix.strides[0] % 64 == 0 and matrix.strides[1] == 4):
        return matrix
    copy = aligned_matrix(*matrix.shape)
    copy[:] = matrix
    return copy


Paths = tuple[NDArray[Any], ...]  # offsets, nodes and code bits


def grafted(old: Paths, counts: NDArray[np.int64]) -> Paths:
    """The paths of a tree for hierarchical softmax that keeps all nodes of an old one and has new words beside it.

    A new root has the old tree on one side and the Huffman tree of the new words, of these counts, on the other. The
    Huffman tree of all words would give the old nodes, which have learned, other words to tell apart.
    """
    if not len(counts):
        return old
    new, before, more = huffman(counts), len(old[0]) - 1, len(counts)
    root = before + more - 2
    parts = old, (new[0], (new[1] + (before - 1)).astype(np.int32), new[2])
    offsets = np.concatenate([[0], *(np.diff(part[0]) + 1 for part in parts)]).cumsum()
    path, code = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.uint8)
    ends = offsets[1:] - 1  # the root is the last of a path
    path[ends], code[ends] = root, np.repeat([0, 1], [before, more])
    own = np.ones(offsets[-1], np.bool_)
    own[ends] = False
    for array, which in ((path, 1), (code, 2)):
        array[own] = np.concatenate([part[which][: part[0][-1]] for part in parts])
    return offsets, path, code


@dataclass
class OutputMatrices:
    """The output matrices of a model, trained in place, and the loss of the last training."""

    negative: NDArray[np.float32] | None = None  # [V, D] of negative sampling: the rows of words
    tree: NDArray[np.float32] | None = None  # [V, D] of hierarchical softmax: the V - 1 inner nodes
    paths: Paths | None = None  # of a tree that counts do not define
    loss: float = 0.0  # summed over the targets of the last training, each taken before its step

    def train(
        self,
        trainer: PredictiveTrainer,
        corpus: EncodedCorpus,
        inputs: Inputs,
        callbacks: Iterable[Callback] = (),
        vectors: Callable[[], KeyedVectors] | None = None,
    ) -> KeyedVectors:
        """Train the input rows and all output matrices by gradient descent; the vectors of the input side.

        With both output matrices every chunk is trained twice, with the same windows, once against each.
        """
        metadata, tasks = trainer.metadata(corpus), []
        ceiling = 0.0
        self.negative, self.tree = aligned(self.negative), aligned(self.tree)
        for output, hs in ((self.negative, False), (self.tree, True)):
            if output is not None:
                one = replace(trainer, hs=hs)
                fixed = one._tables(corpus.vocabulary) | one._settings() | inputs.arguments | {"output": output}
                if hs and self.paths is not None:
                    fixed |= dict(zip(("path_offsets", "path", "code"), self.paths))
                ceiling += one._ceiling(fixed)
                tasks.append(fixed)
        self.loss, lock = 0.0, threading.Lock()

        def step(losses: NDArray[np.float64], targets: NDArray[np.int64], **chunks: Any) -> None:
            for fixed in tasks:
                one = np.zeros(len(losses))
                kernel.train(losses=one, targets=targets, **chunks, **fixed)
                losses += one
            with lock:
                self.loss += float(losses.sum())

        def current() -> KeyedVectors:
            return inputs.vectors(metadata, None)

        metadata["loss"] = descend_on(
            corpus,
            step,
            {},
            trainer,
            ceiling=ceiling,
            vectors=vectors or current,
            callbacks=callbacks,
            progress=False,
        )
        check_finite(inputs.arguments["input"], trainer.alpha)
        return current()
