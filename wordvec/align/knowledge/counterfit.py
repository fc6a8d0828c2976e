"""Counter-fitting: antonyms moved apart, synonyms together, other neighbours kept near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.align.knowledge.editing import editable_matrix, edited
from wordvec.align.knowledge.graph import Graph, adjacency, as_graph, matched
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.search.arrays import unit_rows
from wordvec.search.matching import roughly_best
from wordvec.vectors import KeyedVectors


@dataclass(frozen=True, kw_only=True)
class Counterfitting(Options):
    """The options of `counterfit`; distances are 1 - cosine."""

    delta: float = option(1.0, "distance that antonyms should have at least", low=0, high=2)
    gamma: float = option(0.0, "distance that synonyms should have at most", low=0, high=2)
    rho: float = option(0.2, "distance up to which other words are neighbours, which stay near", low=0, high=2)
    iterations: int = option(20, "steps of gradient descent", low=0)
    weights: tuple[float, float, float] = option(
        (0.1, 0.1, 0.1), "weights of antonyms, of synonyms and of neighbours", low=0
    )
    neighbours: int = option(50, "neighbours of a word at most", low=0)


def counterfit(
    vectors: KeyedVectors, synonyms: Any, antonyms: Any, options: Counterfitting | None = None, **values: Any
) -> KeyedVectors:
    """Vectors with antonyms far from each other and synonyms near (Mrksic et al. 2016, equations 1 to 4).

    With d(u, v) = 1 - cosine, gradient steps reduce k1 sum max(0, delta - d) over antonyms, k2 sum max(0, d - gamma)
    over synonyms, and k3 sum max(0, d - d0) over neighbours: words with an original distance d0 <= `rho` that are no
    antonyms, at most `neighbours` of each word. `weights` are k1, k2, k3. The step of a word is divided by the number
    of terms that move it, and vectors are scaled to unit norm after each step. A pair in both lists counts as antonyms.
    Either list may be None; lists are given as to `retrofit`. The options are those of `Counterfitting`; they may be
    given by name.

    `metadata["counterfit"]["objective"]` has the sum before every step and at the end.

    >>> kv = KeyedVectors(["cheap", "dear", "costly"], [[1, 0.2, 0], [1, 0, 0.2], [0.6, 0, 0.8]])
    >>> fitted = counterfit(kv, [("dear", "costly")], [("cheap", "dear")], rho=0)
    >>> fitted.similarity("cheap", "dear") < 0.1, fitted.similarity("dear", "costly") > 0.9
    (True, True)
    """
    chosen = Counterfitting.of(options, values)
    if synonyms is None and antonyms is None:
        raise OptionError("synonyms or antonyms must be given; got neither")
    graphs = [None if lexicon is None else as_graph(lexicon) for lexicon in (antonyms, synonyms)]
    far, near = (_edges(graph, vectors) for graph in graphs)
    near = _without(near, far, len(vectors))
    matrix = editable_matrix(vectors, True)
    words = np.unique(np.concatenate([far, near]))
    neighbours = _neighbours(matrix, words, chosen.rho, chosen.neighbours)
    neighbours = _without(neighbours, far, len(vectors))
    moved = np.unique(np.concatenate([words, neighbours.ravel()]))
    pairs = [np.searchsorted(moved, edges) for edges in (far, near, neighbours)]
    bounds = (chosen.delta, chosen.gamma, _distances(matrix, neighbours))
    terms = _Terms(pairs, bounds, chosen.weights, len(moved))
    rows = matrix[moved].astype(np.float64)
    objective = []
    for _ in range(chosen.iterations):
        value, step = terms.step(rows)
        objective.append(value)
        rows = unit_rows(rows + step)
    objective.append(terms.step(rows)[0])
    matrix[moved] = rows
    facts = {
        "edges": len(far) + len(near),
        "moved": len(moved),
        "antonyms": len(far),
        "synonyms": len(near),
        "kept": len(neighbours),
        "options": chosen.recorded(),
        "objective": objective,
    }
    return edited(vectors, matrix, "counterfit", facts)


class _Terms:
    """The hinge losses of counter-fitting over pairs of rows: their sum, and a step that reduces it."""

    def __init__(self, pairs: list[Ints], bounds: tuple[Any, ...], weights: tuple[float, ...], size: int) -> None:
        self.pairs, self.bounds, self.weights, self.size = pairs, bounds, weights, size

    def step(self, rows: Doubles) -> tuple[float, Doubles]:
        """The objective at unit rows [n, D], and the step [n, D] to add to them."""
        total, firsts, seconds, factors = 0.0, [], [], []
        for number, (pairs, bound, weight) in enumerate(zip(self.pairs, self.bounds, self.weights)):
            distance = 1 - np.einsum("nd,nd->n", rows[pairs[:, 0]], rows[pairs[:, 1]])
            sign = 1 if number == 0 else -1  # antonyms move apart
            hinge = np.maximum(0, sign * (bound - distance))
            total += weight * float(hinge.sum())
            active = hinge > 0
            firsts.append(pairs[active, 0])
            seconds.append(pairs[active, 1])
            factors.append(np.full(int(active.sum()), sign * weight))
        first, second = np.concatenate(firsts), np.concatenate(seconds)
        terms = np.bincount(first, minlength=self.size) + np.bincount(second, minlength=self.size)
        factor = np.concatenate(factors)
        signs = adjacency(first, second, self.size, factor)
        # d(1 - u.v)/du on the sphere is (u.v) u - v
        cosines = adjacency(first, second, self.size, factor * np.einsum("nd,nd->n", rows[first], rows[second]))
        own = np.asarray(cosines.sum(axis=1))[:, None]
        return total, (own * rows - signs @ rows) / np.maximum(terms, 1)[:, None]


def _edges(graph: Graph | None, vectors: KeyedVectors) -> Ints:
    """[n, 2] edges with a vector for both words, the lower index first."""
    if graph is None:
        return np.zeros((0, 2), np.int64)
    edges = np.stack(matched(graph, vectors), axis=1)
    return np.unique(np.sort(edges, axis=1), axis=0)


def _without(pairs: Ints, removed: Ints, size: int) -> Ints:
    """The pairs [n, 2] of numbers below `size` that are not among others."""
    return pairs[~np.isin(pairs[:, 0] * size + pairs[:, 1], removed[:, 0] * size + removed[:, 1])]


def _neighbours(matrix: Floats, rows: Ints, rho: float, most: int) -> Ints:
    """[n, 2] distinct pairs of a row and another row at a distance of at most `rho`, the lower index first."""
    if rho == 0:
        return np.zeros((0, 2), np.int64)
    ones = np.ones(len(matrix), np.float32)
    nearest, cosines = roughly_best(
        matrix, matrix[rows], min(most, len(matrix) - 1), norms=ones, exclude=[[row] for row in rows.tolist()]
    )
    near = (nearest >= 0) & (cosines >= 1 - rho)
    pairs = np.stack([np.repeat(rows, near.sum(axis=1)), nearest[near]], axis=1)
    return np.unique(np.sort(pairs, axis=1), axis=0)


def _distances(matrix: Floats, pairs: Ints) -> Doubles:
    """[n] the distance of each pair of unit rows."""
    wide = matrix[pairs].astype(np.float64)
    distances: Doubles = 1 - np.einsum("nd,nd->n", wide[:, 0], wide[:, 1])
    return distances
