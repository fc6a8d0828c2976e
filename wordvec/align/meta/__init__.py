"""Meta-embeddings: one space made of several, however many, of any sizes and vocabularies, read in blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.align.common_vocabulary import Floats, Wide
from wordvec.align.maps.methods import procrustes
from wordvec.align.meta.sources import BLOCK, Missing, Sources, coverage
from wordvec.base.arguments import numbers
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows, whole
from wordvec.vectors import KeyedVectors

__all__ = ["METHODS", "average", "concat", "coverage", "oneton", "svd"]

_NORMALIZE = "unit"
_LIMIT = 200_000


def average(
    sources: Sequence[KeyedVectors],
    *,
    map: Literal["orthogonal"] | None = "orthogonal",
    weights: Sequence[float] | None = None,
    pivot: int | None = None,
    oov: Missing = "neighbours",
    neighbours: tuple[int, int] = (2, 50),
    normalize: str = _NORMALIZE,
    limit: int = _LIMIT,
    workers: int | None = None,
) -> KeyedVectors:
    """The mean of all sources in the space of one of them (Garcia-Ferrero, Agerri, Rigau 2021, MetaVec).

    Each source is normalised and turned to the `pivot` by the orthogonal map of the words that both have; a word that
    a source lacks gets a vector there from its neighbours in another (`oov="neighbours"`, of `neighbours` at least and
    at most), or the mean is of those that have it ("zero"), or it is left out ("drop"). The vectors of a word, each at
    length 1, are summed up and brought to length 1. The pivot is, if not given, the first of the largest vectors.
    `map=None` sums without a map, smaller vectors padded with zeros (Coates and Bollegala 2018): for one source, or to
    compare. `normalize` is that of `Normalizer`; the published "unit,center,unit" takes means of the first `limit`
    rows, among which neighbours are sought and the maps are fitted, too.

    `coverage` says which sources truly had a word. OptionError where a source shares no word with the pivot.

    >>> first = KeyedVectors(["sea", "ocean", "tax"], [[2, 0], [3, 4], [0, 1]])
    >>> average([first])["sea"].tolist()
    [1.0, 0.0]
    >>> both = average([first, KeyedVectors(["tax", "sea", "toll"], [[1, 0], [0, 1], [1, 0.1]])])
    >>> list(both), coverage(both).tolist()[-1]
    (['sea', 'tax', 'ocean', 'toll'], [False, True])
    """
    all_ = _opened(sources, normalize, oov, neighbours, limit, workers)
    size, checked = max(all_.sizes), _weights(weights, len(all_.parts))
    maps: list[Wide] = [np.eye(part.size, size) for part in all_.parts]
    if map == "orthogonal":
        chosen = all_.sizes.index(size) if pivot is None else pivot
        if not 0 <= chosen < len(all_.parts):
            raise OptionError(f"pivot must be the place of a source, from 0 to {len(all_.parts) - 1}; got {pivot!r}")
        size = all_.sizes[chosen]
        maps = [_turn(all_, place, chosen, limit) for place in range(len(all_.parts))]
    elif map is not None:
        raise OptionError(f"map must be orthogonal or None; got {map!r}")
    result = np.zeros((len(all_), size), np.float32)
    for some, blocks in all_.blocks():
        total = np.zeros((some.stop - some.start, size))
        for (rows, _), matrix, weight in zip(blocks, maps, checked):
            total += weight * unit_rows(rows @ matrix)
        result[some] = unit_rows(total)
    return _made(all_, result, method="average", map=map, weights=checked, oov=oov, normalize=normalize)


def concat(
    sources: Sequence[KeyedVectors],
    *,
    weights: Sequence[float] | None = None,
    oov: Missing = "neighbours",
    neighbours: tuple[int, int] = (2, 50),
    normalize: str = _NORMALIZE,
    limit: int = _LIMIT,
    workers: int | None = None,
) -> KeyedVectors:
    """The vectors of all sources side by side, each at length 1 times its weight (Yin and Schuetze 2016, CONC).

    The cosine of two words is then the mean of their cosines in the sources, weighing `weights` squared, where all
    have both. `oov` and the rest are those of `average`; with "zero" a source that lacks a word has zeros there. A
    view that holds nothing, of few sources: `wordvec.vectors.Concatenated`.

    >>> first, second = KeyedVectors(["a", "b"], [[2, 0], [0, 1]]), KeyedVectors(["a", "b"], [[1], [3]])
    >>> both = concat([first, second])
    >>> both["b"].tolist(), round(both.similarity("a", "b"), 3)
    ([0.0, 1.0, 1.0], 0.5)
    """
    all_ = _opened(sources, normalize, oov, neighbours, limit, workers)
    checked = _weights(weights, len(all_.parts))
    result = np.empty((len(all_), sum(all_.sizes)), np.float32)
    for some, rows in all_.concatenated(checked):
        result[some] = rows
    return _made(all_, result, method="concat", weights=checked, oov=oov, normalize=normalize)


def svd(
    sources: Sequence[KeyedVectors],
    dim: int = 300,
    *,
    weights: Sequence[float] | None = None,
    oov: Missing = "neighbours",
    neighbours: tuple[int, int] = (2, 50),
    normalize: str = _NORMALIZE,
    limit: int = _LIMIT,
    workers: int | None = None,
) -> KeyedVectors:
    """The concatenation in its `dim` directions of the largest singular values (Yin and Schuetze 2016, SVD).

    Of the concatenated rows C = U S V', not centred again, what comes back is C V = U S. C'C is summed up in blocks,
    and C is never held.
    """
    all_ = _opened(sources, normalize, oov, neighbours, limit, workers)
    checked, width = _weights(weights, len(all_.parts)), sum(all_.sizes)
    if not 1 <= whole("dim", dim) <= width:
        raise OptionError(f"dim must be from 1 to {width}, the numbers of all sources together; got {dim}")
    axes, share = _axes(all_, checked, dim)
    result = np.empty((len(all_), dim), np.float32)
    for some, rows in all_.concatenated(checked):
        result[some] = rows @ axes
    return _made(all_, result, method="svd", weights=checked, oov=oov, normalize=normalize, variance=share)


def oneton(
    sources: Sequence[KeyedVectors],
    dim: int = 300,
    *,
    weights: Sequence[float] | None = None,
    rounds: int = 10,
    ridge: float = 0.01,
    normalize: str = _NORMALIZE,
    limit: int = _LIMIT,
) -> KeyedVectors:
    """Vectors from which every source can be had by a linear map (Yin and Schuetze 2016, 1TON).

    The m of words and the W of sources with the least sum of w_s |m W_s - x_s|^2 over all words and the sources that
    have them, plus a ridge on both: by turns, W for fixed m and m for fixed W, `rounds` times, from the
    concatenation's singular vectors. Nothing is made up for words that a source lacks; m W_s predicts them.
    `metadata["meta"]["objective"]` has the value of each round, which never rises.
    """
    all_ = _opened(sources, normalize, "zero", (1, 1), limit, None)
    checked, width = _weights(weights, len(all_.parts)), sum(all_.sizes)
    if not 1 <= whole("dim", dim) <= width:
        raise OptionError(f"dim must be from 1 to {width}, the numbers of all sources together; got {dim}")
    if not 0 < ridge < np.inf:
        raise OptionError(f"ridge must be a number > 0; got {ridge!r}")
    axes, _ = _axes(all_, None, dim)
    meta = np.empty((len(all_), dim), np.float32)
    for some, rows in all_.concatenated():
        meta[some] = rows @ axes
    objective: list[float] = []
    for _ in range(whole("rounds", rounds)):
        maps = _maps(all_, meta, checked, ridge)
        _solve_words(all_, meta, maps, checked, ridge)
        objective.append(_objective(all_, meta, maps, checked, ridge))
    return _made(
        all_, meta, method="1ton", weights=checked, rounds=rounds, ridge=ridge, normalize=normalize, objective=objective
    )


METHODS: dict[str, Callable[..., KeyedVectors]] = {"average": average, "concat": concat, "svd": svd, "1ton": oneton}


def _opened(
    sources: Any, normalize: str, oov: Missing, near: tuple[int, int], limit: int, workers: int | None
) -> Sources:
    return Sources(sources, normalize=normalize, oov=oov, neighbours=near, limit=whole("limit", limit), workers=workers)


def _made(all_: Sources, matrix: Floats, **told: Any) -> KeyedVectors:
    return KeyedVectors(
        all_.words, matrix, metadata=all_.facts(**told), attributes={"sources": all_.coverage} if len(all_) else None
    )


def _turn(all_: Sources, place: int, pivot: int, limit: int) -> Wide:
    """[D, D'] the orthogonal map of a source to the pivot, in blocks."""
    own, other = all_.parts[place], all_.parts[pivot]
    if place == pivot:
        return np.eye(own.size)
    both = np.flatnonzero(own.has & other.has)[:limit]
    if not len(both):
        raise OptionError(
            f"every source must share words with the pivot, source {pivot}; source {place} shares none: choose another "
            "pivot, or concatenate"
        )
    product = np.zeros((own.size, other.size))
    for first in range(0, len(both), BLOCK):
        some = both[first : first + BLOCK]
        product += unit_rows(own.real(some)).T @ unit_rows(other.real(some))
    return procrustes(np.eye(own.size), product)[0]


def _axes(all_: Sources, weights: Sequence[float] | None, dim: int) -> tuple[Floats, float]:
    """[D1 + D2 + ..., dim] the first right singular vectors of the concatenation, and their share of the squares."""
    width = sum(all_.sizes)
    gram = np.zeros((width, width))
    for _, rows in all_.concatenated(weights):
        gram += (rows.T @ rows).astype(np.float64)
    values, axes = np.linalg.eigh(gram)
    kept = axes[:, ::-1][:, :dim]
    kept = kept * np.where(kept[np.abs(kept).argmax(axis=0), np.arange(dim)] < 0, -1, 1)  # signs that repeat
    return kept.astype(np.float32), float(values[::-1][:dim].sum() / max(values.sum(), 1e-30))


def _maps(all_: Sources, meta: Floats, weights: Sequence[float], ridge: float) -> list[Wide]:
    """The W of each source for fixed m: (w M'M + ridge I)^-1 w M'X over the words that it has."""
    dim = meta.shape[1]
    grams = [ridge * np.eye(dim) for _ in all_.parts]
    products = [np.zeros((dim, size)) for size in all_.sizes]
    for some, blocks in all_.blocks():
        for gram, product, (rows, has), w in zip(grams, products, blocks, weights):
            m = meta[some][has].astype(np.float64)
            gram += w * m.T @ m
            product += w * m.T @ unit_rows(rows[has])
    return [np.asarray(np.linalg.solve(gram, product), np.float64) for gram, product in zip(grams, products)]


def _solve_words(all_: Sources, meta: Floats, maps: list[Wide], weights: Sequence[float], ridge: float) -> None:
    """The m of each word for fixed W; words that the same sources have share one inverse."""
    dim, inverses = meta.shape[1], dict[bytes, Wide]()
    squares = [w * matrix @ matrix.T for matrix, w in zip(maps, weights)]
    for some, blocks in all_.blocks():
        right = np.zeros((some.stop - some.start, dim))
        for (rows, _), matrix, w in zip(blocks, maps, weights):
            right += w * unit_rows(rows) @ matrix.T
        has = np.stack([has for _, has in blocks], axis=1)
        patterns, which = np.unique(has, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            key = pattern.tobytes()
            if key not in inverses:
                total = ridge * np.eye(dim)
                for square in (square for square, there in zip(squares, pattern) if there):
                    total += square
                inverses[key] = np.asarray(np.linalg.inv(total), np.float64)
            mine = np.flatnonzero(which.ravel() == number)
            meta[some.start + mine] = right[mine] @ inverses[key]


def _objective(all_: Sources, meta: Floats, maps: list[Wide], weights: Sequence[float], ridge: float) -> float:
    """What is made small."""
    total = ridge * sum(float(np.square(matrix).sum()) for matrix in maps)
    for some, blocks in all_.blocks():
        m = meta[some].astype(np.float64)
        total += ridge * float(np.square(m).sum())
        for (rows, has), matrix, w in zip(blocks, maps, weights):
            total += w * float(np.square((m @ matrix - unit_rows(rows))[has]).sum())
    return total


def _weights(weights: Sequence[float] | None, count: int) -> list[float]:
    """A number for each source; OptionError where they do not fit."""
    checked: NDArray[np.float64] = np.ones(count) if weights is None else numbers(weights, "weights")
    if checked.shape != (count,) or not np.isfinite(checked).all() or (checked <= 0).any():
        raise OptionError(f"weights must be a number > 0 for each of {count} sources; got {weights!r}")
    return [float(weight) for weight in checked]
