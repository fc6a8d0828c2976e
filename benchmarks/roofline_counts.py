"""The works of roofline.py that learn from counts: GloVe, sparse products, PPMI-SVD, counting, PU learning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from roofline_machine import TWO, Work

import wordvec
from wordvec.base.simd import simd_level
from wordvec.optim.factorisation import STEPS, Factorisation
from wordvec.optim.sparse import Sparse, threads_of
from wordvec.optim.svd import WIDTH


def glove(corpus: Any, size: int) -> Work:
    """An iteration of GloVe over its counts."""
    counts = wordvec.count(corpus, workers=1)
    trainer = wordvec.GloVe(vector_size=size, epochs=1, workers=1)
    cells, padded = len(counts.data), -(-(size + 1) // 16) * 16
    return Work(
        f"glove {size}",
        lambda: trainer.fit(counts),
        operations=float(cells)
        * 12
        * padded,  # the product; of the inner row its step, its sum; the outer one's gradient
        rows=float(cells),  # of the inner word, with its sums; the row of the outer one stays
        row=8 * padded,
        order=np.asarray(counts.indices[: 2 << 20]),
        writes=True,
    )


def sparse(corpus: Any, columns: int = 64) -> Iterator[Work]:
    """The product of a sparse matrix, that of the counts, with a dense one."""
    counts = wordvec.count(corpus, workers=1)
    matrix = Sparse(counts.shape, counts.indptr, counts.indices, counts.data)
    dense = np.ones((matrix.shape[1], columns), np.float32)
    for count in (1, 2):
        with threads_of(count) as threads:
            yield Work(
                f"sparse product, {columns} columns" + TWO[count],
                lambda threads=threads: matrix.times(dense, threads),  # type: ignore[misc]
                operations=2.0 * len(matrix.data) * columns,
                stream=8.0 * len(matrix.data),
                rows=float(len(matrix.data)),
                row=4 * columns,
                order=np.asarray(matrix.indices[: 4 << 20]),
                threads=count,
            )


def ppmi_svd(corpus: Any, size: int) -> Work:
    """PPMI-SVD from counts to vectors: products with the matrix and its transpose, block by block of the basis."""
    trainer = wordvec.PPMISVD(vector_size=size, workers=1)
    how = {"window": trainer.window, "distance_weight": trainer.distance_weight, "sample": trainer.sample}
    counts = wordvec.count(corpus, workers=1, **how)
    matrix = counts.ppmi(smoothing=trainer.smoothing, workers=1)
    cells, words = float(len(matrix.data)), len(counts.vocabulary)
    width = size + trainer.oversampling
    space = width * trainer.power_iterations
    return Work(
        f"ppmi-svd {size}, from counts",
        lambda: trainer.fit(counts),
        operations=2.0 * cells * (2 * space + width)
        + 2.0 * words * space * (space + width),  # orthogonalisation, and the basis of the largest values
        rows=cells * (2 * -(-space // WIDTH) + -(-width // WIDTH)),
        row=4 * WIDTH,
        order=np.asarray(matrix.indices[: 4 << 20]),
    )


def counting(corpus: Any) -> Work:
    """Counting pairs of words in windows: tokens are read, and the cells are written and read in order to be merged."""
    cells, tokens = len(wordvec.count(corpus, workers=1).data), len(corpus.ids)
    return Work("count, window 5", lambda: wordvec.count(corpus, workers=1), stream=4.0 * tokens + 2 * 8.0 * cells)


def positive_unlabelled(corpus: Any, size: int) -> Work:
    """A sweep of PU learning: both sides, each with a pass over its cells for the slope and one for each step."""
    counts = wordvec.count(corpus, workers=1)
    trainer = wordvec.PULearning(vector_size=size, workers=1)
    model = Factorisation(
        trainer._cells(counts),
        counts.shape[1],
        size,
        bias=trainer.bias,
        rho=trainer.rho,
        ridge=trainer.regularization,
        workers=1,
        level=simd_level(),
    )
    rng = np.random.default_rng(1)
    for which in range(2):
        model.vectors(which)[:] = 0.1 * rng.standard_normal(model.vectors(which).shape, np.float32)
    model.start()
    cells, rows = len(model.sides[0].values), sum(map(len, model.rows))
    return Work(
        f"pu {size}, a sweep",
        model.sweep,
        operations=model.width
        * (
            2.0 * cells * (4 * STEPS + 2)  # a product and a sum of each pass, but the last, which has no sum
            + 2.0 * rows * model.width * (STEPS + 1)
        ),  # what all cells add
        stream=2.0 * cells * 12,  # index, value and weight of each cell
        rows=2.0 * cells,  # of the first pass; the others mostly find them in the second cache
        row=4 * model.width,
        order=np.asarray(model.sides[0].indices[: 4 << 20]),
    )
