"""Retrofitting and counter-fitting: vectors moved so that a lexicon's words are near, or far from, each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.align.common_vocabulary import Ints, Wide, rows_at
from wordvec.align.knowledge.graph import Graph, adjacency, as_graph, matched
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows, whole
from wordvec.search.matching import roughly_best
from wordvec.vectors import KeyedVectors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_TOLERANCE = 1e-8
_COLUMNS = 64  # of the vectors, solved for at a time


def retrofit(
    vectors: KeyedVectors,
    lexicon: Any,
    *,
    method: Literal["solve", "iterate"] = "solve",
    iterations: int = 10,
    alpha: float = 1.0,
    normalize: bool = True,
) -> KeyedVectors:
    """Vectors near to those given and to those of their neighbours in a lexicon (Faruqui et al. 2015, equation 1).

    What is made small is sum_i alpha n_i |q_i - q^_i|^2 + sum_(i,j) |q_i - q_j|^2, the second over the edges in both
    directions, n_i being the number of neighbours of word i; that is, (alpha D + D - B) Q = alpha D Q^ with the matrix
    B of edges and its row sums D. "solve" solves it by conjugate gradients; "iterate" makes the published 10 sweeps of
    q_i <- (alpha n_i q^_i + sum_j q_j) / ((alpha + 1) n_i), each using what it has changed, which come near to it.
    Vectors are brought to length 1 before, as the published program does, unless `normalize=False`.

    `lexicon` is a file of lines `word neighbour ...`, neighbours by word, or pairs of words; an edge counts in both
    directions, once, and a loop not at all. Words without neighbours stay as they are. New vectors come back, with
    what was done in their metadata; OptionError where no edge joins words that have vectors.

    >>> kv = KeyedVectors(["big", "large", "tax"], [[1, 0], [0, 1], [1, 1]])
    >>> made = retrofit(kv, {"big": ["large"]})
    >>> [round(float(number), 3) for number in made["big"]]  # (2 q^_1 + q^_2) / 3
    [0.667, 0.333]
    """
    if method not in ("solve", "iterate"):
        raise OptionError(f"method must be solve or iterate; got {method!r}")
    if not 0 < alpha < np.inf:
        raise OptionError(f"alpha must be a number > 0; got {alpha!r}")
    graph = as_graph(lexicon)
    first, second = matched(graph, vectors)
    moved, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    edges = adjacency(places[: len(first)], places[len(first) :], len(moved))
    matrix = _matrix(vectors, normalize)
    start = matrix[moved].astype(np.float64)
    if method == "solve":
        made, steps = _solved(edges, start, alpha)
    else:
        steps = whole("iterations", iterations)
        made = _swept(edges, start, alpha, steps)
    matrix[moved] = made
    return _with(vectors, matrix, "retrofit", graph, len(first), len(moved), method=method, alpha=alpha, steps=steps)


def _swept(edges: csr_array, start: Wide, alpha: float, sweeps: int) -> Wide:
    """The published iteration."""
    made = start.copy()
    bounds, neighbours = edges.indptr.tolist(), edges.indices
    for _ in range(sweeps):
        for i, (low, high) in enumerate(pairwise(bounds)):
            count = high - low
            made[i] = (alpha * count * start[i] + made[neighbours[low:high]].sum(axis=0)) / ((alpha + 1) * count)
    return made


def _solved(edges: csr_array, start: Wide, alpha: float) -> tuple[Wide, int]:
    """Where the iteration would end, by conjugate gradients with D as the preconditioner; and the most steps taken."""
    degree = np.asarray(edges.sum(axis=1), np.float64)[:, None]
    made, most = np.empty_like(start), 0
    for column in range(0, start.shape[1], _COLUMNS):
        some = slice(column, column + _COLUMNS)
        x = start[:, some].copy()
        target = alpha * degree * x
        residual = target - ((alpha + 1) * degree * x - edges @ x)
        direction = residual / degree
        square = (residual * direction).sum(axis=0)
        least = _TOLERANCE**2 * np.maximum((target * target / degree).sum(axis=0), 1e-300)
        steps = 0
        while (square > least).any() and steps < 1000:
            product = (alpha + 1) * degree * direction - edges @ direction
            share = np.where(square > least, square / np.maximum((direction * product).sum(axis=0), 1e-300), 0)
            x += share * direction
            residual -= share * product
            scaled = residual / degree
            following = (residual * scaled).sum(axis=0)
            direction = scaled + following / np.maximum(square, 1e-300) * direction
            square, steps = following, steps + 1
        made[:, some], most = x, max(most, steps)
    return made, most


def counterfit(
    vectors: KeyedVectors,
    synonyms: Any,
    antonyms: Any,
    *,
    delta: float = 1.0,
    gamma: float = 0.0,
    rho: float = 0.2,
    rounds: int = 20,
    weights: tuple[float, float, float] = (0.1, 0.1, 0.1),
    neighbours: int = 50,
) -> KeyedVectors:
    """Vectors of which antonyms are far from each other and synonyms near (Mrksic et al. 2016, equations 1 to 4).

    With d(u, v) = 1 - cosine, `rounds` full steps reduce k1 sum max(0, delta - d) over antonyms, k2 sum
    max(0, d - gamma) over synonyms, and k3 sum max(0, d - d0) over words that had d0 <= `rho` before and are no
    antonyms, of each word at most `neighbours`; `weights` are k1, k2, k3. The step of a word is divided by the number
    of terms that move it, and vectors are brought to length 1 after each. A pair in both lists counts as antonyms.
    Either list may be None.

    `metadata["counterfit"]["objective"]` has the sum before every step and at the end.

    >>> kv = KeyedVectors(["cheap", "dear", "costly"], [[1, 0.2, 0], [1, 0, 0.2], [0.6, 0, 0.8]])
    >>> made = counterfit(kv, [("dear", "costly")], [("cheap", "dear")], rho=0)
    >>> made.similarity("cheap", "dear") < 0.1, made.similarity("dear", "costly") > 0.9
    (True, True)
    """
    for name, value in (("delta", delta), ("gamma", gamma), ("rho", rho)):
        if not 0 <= value <= 2:
            raise OptionError(f"{name} must be a distance, from 0 to 2; got {value!r}")
    if len(weights) != 3 or not all(0 <= weight < np.inf for weight in weights):
        raise OptionError(f"weights must be three numbers >= 0, for antonyms, synonyms, neighbours; got {weights!r}")
    if synonyms is None and antonyms is None:
        raise OptionError("synonyms or antonyms must be given; got neither")
    graphs = [None if lexicon is None else as_graph(lexicon) for lexicon in (antonyms, synonyms)]
    far, near = (_edges(graph, vectors) for graph in graphs)
    size = len(vectors)
    near = near[~np.isin(near[:, 0] * size + near[:, 1], far[:, 0] * size + far[:, 1])]
    matrix = _matrix(vectors, True)
    touched = np.unique(np.concatenate([far, near]))
    kept, before = _neighbours(matrix, touched, rho, whole("neighbours", neighbours))
    free = ~np.isin(kept[:, 0] * size + kept[:, 1], far[:, 0] * size + far[:, 1])
    kept, before = kept[free], before[free]
    moved = np.unique(np.concatenate([touched, kept.ravel()]))
    pairs = [np.searchsorted(moved, edges) for edges in (far, near, kept)]
    terms = _Terms(pairs, (delta, gamma, before), weights, len(moved))
    rows = matrix[moved].astype(np.float64)
    objective = []
    for _ in range(whole("rounds", rounds)):
        value, step = terms.step(rows)
        objective.append(value)
        rows = unit_rows(rows + step)
    objective.append(terms.step(rows)[0])
    matrix[moved] = rows
    return _with(
        vectors, matrix, "counterfit", None, len(far) + len(near), len(moved),
        antonyms=len(far), synonyms=len(near), kept=len(kept), objective=objective,
    )  # fmt: skip


class _Terms:
    """The hinges of counter-fitting over pairs of rows: their sum, and a step that reduces it."""

    def __init__(self, pairs: list[Ints], bounds: tuple[Any, ...], weights: tuple[float, ...], size: int) -> None:
        self.pairs, self.bounds, self.weights, self.size = pairs, bounds, weights, size

    def step(self, rows: Wide) -> tuple[float, Wide]:
        """The objective at rows of length 1, and the step [n, D]: what each word moves."""
        total, firsts, seconds, factors = 0.0, [], [], []
        for number, (pairs, bound, weight) in enumerate(zip(self.pairs, self.bounds, self.weights)):
            distance = 1 - np.einsum("nd,nd->n", rows[pairs[:, 0]], rows[pairs[:, 1]])
            sign = 1 if number == 0 else -1  # antonyms go away from each other
            hinge = np.maximum(0, sign * (bound - distance))
            total += weight * float(hinge.sum())
            active = hinge > 0
            firsts.append(pairs[active, 0])
            seconds.append(pairs[active, 1])
            factors.append(np.full(int(active.sum()), sign * weight))
        first, second = np.concatenate(firsts), np.concatenate(seconds)
        times = np.bincount(first, minlength=self.size) + np.bincount(second, minlength=self.size)
        signs = adjacency(first, second, self.size, np.concatenate(factors))
        # d(1 - u.v)/du on the sphere is (u.v) u - v
        cosines = adjacency(
            first, second, self.size, np.concatenate(factors) * np.einsum("nd,nd->n", rows[first], rows[second])
        )
        own = np.asarray(cosines.sum(axis=1))[:, None]
        return total, (own * rows - signs @ rows) / np.maximum(times, 1)[:, None]


def _edges(graph: Graph | None, vectors: KeyedVectors) -> Ints:
    """[n, 2] edges of which both words have a vector, the lower index first."""
    if graph is None:
        return np.zeros((0, 2), np.int64)
    edges = np.stack(matched(graph, vectors), axis=1)
    return np.unique(np.sort(edges, axis=1), axis=0)


def _neighbours(matrix: NDArray[np.float32], rows: Ints, rho: float, most: int) -> tuple[Ints, Wide]:
    """[n, 2] pairs of a row and another that is no farther than rho, each once, and [n] how far they are."""
    if rho == 0:
        return np.zeros((0, 2), np.int64), np.zeros(0)
    ones = np.ones(len(matrix), np.float32)
    found, cosines = roughly_best(
        matrix, matrix[rows], min(most, len(matrix) - 1), norms=ones, exclude=[[row] for row in rows.tolist()]
    )
    near = (found >= 0) & (cosines >= 1 - rho)
    pairs = np.stack([np.repeat(rows, near.sum(axis=1)), found[near]], axis=1)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    wide = matrix[pairs].astype(np.float64)
    return pairs, 1 - np.einsum("nd,nd->n", wide[:, 0], wide[:, 1])


def _matrix(vectors: KeyedVectors, normalize: bool) -> NDArray[np.float32]:
    """[V, D] float32, a copy: one row for each word, at length 1 with `normalize`."""
    matrix = np.array(rows_at(vectors, np.arange(len(vectors))))
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
        raise OptionError(
            f"vectors must be finite, or neighbours would lose theirs; that of {vectors.index_to_key[row]!r} is not"
        )
    return unit_rows(matrix).astype(np.float32) if normalize else matrix


def _with(
    vectors: KeyedVectors,
    matrix: NDArray[np.float32],
    name: str,
    graph: Graph | None,
    edges: int,
    moved: int,
    **told: Any,
) -> KeyedVectors:
    """The vectors with another matrix, and what was done."""
    facts: dict[str, Any] = {"edges": edges, "moved": moved, **told}
    if graph is not None:
        facts |= {"lexicon_words": len(graph.words), "loops": graph.loops, "one_sided": graph.one_sided}
    return vectors._with_rows(matrix, {**vectors.metadata, name: facts}, name)
