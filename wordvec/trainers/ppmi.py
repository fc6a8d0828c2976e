"""PPMI-SVD: singular vectors of the positive pointwise mutual information of words and contexts (Levy et al. 2015)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.progress import progress_bar
from wordvec.base.simd import instruction_set, simd_level
from wordvec.cooccurrence import PPMI, Cooccurrence, Counting
from wordvec.optim.callbacks import Epoch, ends
from wordvec.optim.sparse import Sparse, threads_of
from wordvec.optim.svd import SVD, columns_of, truncated
from wordvec.trainers.base import FitOptions
from wordvec.trainers.counting import CountTrainer
from wordvec.vectors import KeyedVectors

_ROWS = 4096


@dataclass(frozen=True, kw_only=True)
class PPMISVD(CountTrainer):
    """Singular vectors of the positive pointwise mutual information of words and contexts (Levy et al. 2015)."""

    window: int = with_default(Counting, "window", 10)
    distance_weight: Literal["flat", "harmonic", "linear"] = with_default(Counting, "distance_weight", "linear")
    sample: float = option(
        1e-5, "subsample words more frequent than this share of the tokens; 0: none; see subsample", low=0, high=1
    )
    shift: float = option(1.0, "factorise PMI - log shift, as skip-gram with this many negative samples does", above=0)
    smoothing: float = option(
        0.75, "exponent of the counts of contexts; below 1 rare contexts have a lower PMI", above=0
    )
    eigenvalue_power: float = option(0.5, "exponent p of the vectors U S^p", low=0, high=1)
    add_context: bool = option(False, "return the sum of word vectors and context vectors V S^p")
    oversampling: int = option(40, "extra columns of the randomised SVD beyond vector_size", low=0, high=65536)
    power_iterations: int = option(
        3,
        "matrix products of the SVD, in units of one power iteration; more of them are more exact",
        low=1,
        high=1000,
    )

    name: ClassVar[str] = "ppmi-svd"
    iterative: ClassVar[bool] = False

    def _check(self, options: FitOptions) -> None:
        super()._check(options)
        instruction_set()

    def _factorise(self, counts: Cooccurrence, options: FitOptions) -> KeyedVectors:
        started = time.monotonic()
        words = len(counts.vocabulary)
        if counts.shape[1] != words and (options.keep_context or self.add_context):
            raise OptionError(
                f"keep_context and add_context need one column for each word; these counts have {counts.shape[1]} for "
                f"{words} words: count without per_offset"
            )
        matrix = counts.ppmi(shift=self.shift, smoothing=self.smoothing, workers=self.threads)
        vectors = np.zeros((words, self.vector_size), np.float32)
        context = np.zeros_like(vectors) if options.keep_context else None
        values = np.zeros(self.vector_size)
        if len(matrix.data):
            svd = self._decompose(matrix, options.progress)
            values, vectors, context = svd.values, *self._vectors(svd, options.keep_context)
        elif self.shift > 1:
            raise OptionError(
                f"shift must leave cells whose PMI exceeds its logarithm; {self.shift:g} leaves none of the "
                f"{len(counts.data)} cells: use a smaller one"
            )
        facts, unexplained = _summary(values, matrix)
        result = KeyedVectors(
            counts.vocabulary, vectors, metadata=self.metadata(counts) | {"svd": facts}, context=context
        )
        tokens = 0 if counts.stats is None else counts.stats.kept
        ends(options.callbacks, Epoch(1, 1, unexplained, 0.0, tokens, time.monotonic() - started, result))
        return result

    def _decompose(self, matrix: PPMI, progress: bool) -> SVD:
        level = simd_level()
        total = columns_of(matrix.shape, self.vector_size, self.oversampling, self.power_iterations)
        with threads_of(self.threads, level) as threads, progress_bar(total, progress, "SVD", " columns") as bar:
            return truncated(
                Sparse(matrix.shape, matrix.indptr, matrix.indices, matrix.data),
                self.vector_size,
                threads,
                oversampling=self.oversampling,
                power_iterations=self.power_iterations,
                seed=self.seed,
                advance=(lambda columns: None) if bar is None else bar.update,
            )

    def _vectors(self, svd: SVD, keep_context: bool) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """(vectors, contexts or None); signs are fixed so that the largest entry of each column of U is positive."""
        vectors = svd.left(self.eigenvalue_power)
        signs = _signs(vectors)
        vectors *= signs.astype(np.float32)
        if not keep_context and not self.add_context:
            return vectors, None
        context = svd.right(self.eigenvalue_power, signs)
        if self.add_context:
            vectors += context
        return vectors, context if keep_context else None


def _signs(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """1 or -1 for each column: the sign of its entry with the largest absolute value."""
    largest = np.zeros(matrix.shape[1], np.float32)
    for first in range(0, len(matrix), _ROWS):
        part = matrix[first : first + _ROWS]
        best = part[np.abs(part).argmax(axis=0), np.arange(part.shape[1])]
        largest = np.where(np.abs(best) > np.abs(largest), best, largest)
    return np.where(largest < 0, -1.0, 1.0)


def _summary(values: NDArray[np.float64], matrix: PPMI) -> tuple[dict[str, Any], float]:
    """The metadata of the singular values, and the unexplained share of the squared norm."""
    norm = sum(
        float(np.square(matrix.data[first : first + (1 << 20)], dtype=np.float64).sum())
        for first in range(0, len(matrix.data), 1 << 20)
    )
    explained = float(np.square(values).sum()) / norm if norm else 1.0
    facts = {
        "cells": len(matrix.data),
        "rank": int((values > 0).sum()),
        "largest": round(float(values[0]), 6),
        "smallest": round(float(values[-1]), 6),
        "explained": round(explained, 6),
    }
    return facts, 1 - explained
