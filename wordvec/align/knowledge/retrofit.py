"""Retrofitting: vectors moved towards those of their neighbours in a lexicon."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from wordvec.align.arrays import Doubles
from wordvec.align.knowledge.editing import editable_matrix, edited
from wordvec.align.knowledge.graph import adjacency, as_graph, matched
from wordvec.base.options import Options, option
from wordvec.vectors import KeyedVectors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_TOLERANCE = 1e-8
_COLUMNS = 64  # dimensions solved for at a time


@dataclass(frozen=True, kw_only=True)
class Retrofitting(Options):
    """The options of `retrofit`."""

    method: Literal["solve", "iterate"] = option("solve", "solve the linear system, or the published iteration")
    iterations: int = option(10, "sweeps of the method iterate", low=0)
    alpha: float = option(1.0, "weight of the original vector against one neighbour, for each neighbour", above=0)
    normalize: bool = option(True, "scale vectors to unit norm first, as the published program does")


def retrofit(vectors: KeyedVectors, lexicon: Any, options: Retrofitting | None = None, **values: Any) -> KeyedVectors:
    """Vectors near to their original and to those of their neighbours in a lexicon (Faruqui et al. 2015, equation 1).

    Minimises sum_i alpha n_i |q_i - q^_i|^2 + sum_(i,j) |q_i - q_j|^2, where the second sum is over the edges in both
    directions, q^_i are the original vectors and n_i is the number of neighbours of word i. That is the linear system
    (alpha D + D - B) Q = alpha D Q^ with the matrix B of edges and its row sums D. "solve" solves it by conjugate
    gradients. "iterate" makes the published 10 sweeps of q_i <- (alpha n_i q^_i + sum_j q_j) / ((alpha + 1) n_i), which
    use the changed vectors at once and approximate the solution. The options are those of `Retrofitting`; they may be
    given by name.

    `lexicon` is a file of lines `word neighbour ...`, neighbours by word, or pairs of words; an edge counts once, in
    both directions, and loops are left out. Words without neighbours do not change. New vectors are returned, with the
    options in the metadata under "retrofit". OptionError where no edge joins two words that have vectors.

    >>> kv = KeyedVectors(["big", "large", "tax"], [[1, 0], [0, 1], [1, 1]])
    >>> fitted = retrofit(kv, {"big": ["large"]})
    >>> [round(float(value), 3) for value in fitted["big"]]  # (2 q^_1 + q^_2) / 3
    [0.667, 0.333]
    """
    chosen = Retrofitting.of(options, values)
    graph = as_graph(lexicon)
    first, second = matched(graph, vectors)
    moved, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    edges = adjacency(places[: len(first)], places[len(first) :], len(moved))
    matrix = editable_matrix(vectors, chosen.normalize)
    original = matrix[moved].astype(np.float64)
    if chosen.method == "solve":
        fitted, steps = _solved(edges, original, chosen.alpha)
    else:
        fitted, steps = _swept(edges, original, chosen.alpha, chosen.iterations), chosen.iterations
    matrix[moved] = fitted
    facts = {
        "edges": len(first),
        "moved": len(moved),
        "method": chosen.method,
        "alpha": chosen.alpha,
        "steps": steps,
        "normalize": chosen.normalize,
        **graph.facts(),
    }
    return edited(vectors, matrix, "retrofit", facts)


def _swept(edges: csr_array, original: Doubles, alpha: float, sweeps: int) -> Doubles:
    """The published iteration."""
    fitted = original.copy()
    indptr, neighbours = edges.indptr.tolist(), edges.indices
    for _ in range(sweeps):
        for i, (low, high) in enumerate(pairwise(indptr)):
            count = high - low
            total = alpha * count * original[i] + fitted[neighbours[low:high]].sum(axis=0)
            fitted[i] = total / ((alpha + 1) * count)
    return fitted


def _solved(edges: csr_array, original: Doubles, alpha: float) -> tuple[Doubles, int]:
    """The solution of the linear system by conjugate gradients, preconditioned by D, and the most steps taken."""
    degree = np.asarray(edges.sum(axis=1), np.float64)[:, None]
    solution, most_steps = np.empty_like(original), 0
    for column in range(0, original.shape[1], _COLUMNS):
        columns = slice(column, column + _COLUMNS)
        x = original[:, columns].copy()
        target = alpha * degree * x
        residual = target - ((alpha + 1) * degree * x - edges @ x)
        direction = residual / degree
        square = (residual * direction).sum(axis=0)
        least = _TOLERANCE**2 * np.maximum((target * target / degree).sum(axis=0), 1e-300)
        steps = 0
        while (square > least).any() and steps < 1000:
            product = (alpha + 1) * degree * direction - edges @ direction
            step = np.where(square > least, square / np.maximum((direction * product).sum(axis=0), 1e-300), 0)
            x += step * direction
            residual -= step * product
            scaled = residual / degree
            next_square = (residual * scaled).sum(axis=0)
            direction = scaled + next_square / np.maximum(square, 1e-300) * direction
            square, steps = next_square, steps + 1
        solution[:, columns], most_steps = x, max(most_steps, steps)
    return solution, most_steps
