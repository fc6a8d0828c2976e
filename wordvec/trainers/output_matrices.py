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


def aligned(matrix: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """The matrix itself where its rows are aligned for the kernel, else an aligned copy, as after pickling."""
    if matrix is None or (matrix.ctypes.data % 64 == 0 and matrix.strides[0] % 64 == 0 and matrix.strides[1] == 4):
        return matrix
    copy = aligned_matrix(*matrix.shape)
    copy[:] = matrix
    return copy


@dataclass
class OutputMatrices:
    """The output matrices of a model, trained in place, and the loss of the last training."""

    negative: NDArray[np.float32] | None = None  # [V, D] of negative sampling: the rows of words
    tree: NDArray[np.float32] | None = None  # [V, D] of hierarchical softmax: the V - 1 inner nodes
    paths: tuple[NDArray[Any], ...] | None = None  # offsets, nodes and code bits of a tree that counts do not define
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
