"""1TON: vectors from which every source is predicted by a linear map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wordvec.align.arrays import Doubles, Floats
from wordvec.align.meta.method import MetaMethod, check_dim, singular_axes
from wordvec.align.meta.sources import Sources
from wordvec.base.options import option
from wordvec.search.arrays import unit_rows


@dataclass(frozen=True, kw_only=True)
class OneToN(MetaMethod):
    """Vectors from which every source is predicted by a linear map (Yin and Schuetze 2016, 1TON).

    Minimises the sum of w_s |m W_s - x_s|^2 over all words m and the sources s that have them, plus a ridge on both:
    alternating least squares, W for fixed m and m for fixed W, `iterations` times, from the singular vectors of the
    concatenation. Words that a source lacks are not filled in; m W_s predicts them. `metadata["meta"]["objective"]` has
    the value after each iteration, which never rises.
    """

    dim: int = option(300, "dimensions", low=1)
    iterations: int = option(10, "iterations of alternating least squares", low=1)
    ridge: float = option(0.01, "strength of the ridge", above=0)
    name: ClassVar[str] = "1ton"

    def _fit(self, sources: Sources, weights: list[float]) -> tuple[Floats, dict[str, Any]]:
        check_dim(self.dim, sources)
        axes, _ = singular_axes(sources, [1.0] * len(sources.parts), self.dim)
        matrix = np.empty((len(sources), self.dim), np.float32)
        for block, rows in sources.concatenated():
            matrix[block] = rows @ axes
        objective: list[float] = []
        for _ in range(self.iterations):
            maps = source_maps(sources, matrix, weights, self.ridge)
            _solve_words(sources, matrix, maps, weights, self.ridge)
            objective.append(_objective(sources, matrix, maps, weights, self.ridge))
        return matrix, {"weights": weights, "objective": objective}


def source_maps(sources: Sources, matrix: Floats, weights: Sequence[float], ridge: float) -> list[Doubles]:
    """The W of each source for fixed m: (w M'M + ridge I)^-1 w M'X over the words that it has."""
    dim = matrix.shape[1]
    grams = [ridge * np.eye(dim) for _ in sources.parts]
    products = [np.zeros((dim, size)) for size in sources.sizes]
    for block, parts in sources.blocks():
        for gram, product, (rows, has), w in zip(grams, products, parts, weights):
            m = matrix[block][has].astype(np.float64)
            gram += w * m.T @ m
            product += w * m.T @ unit_rows(rows[has])
    return [np.asarray(np.linalg.solve(gram, product), np.float64) for gram, product in zip(grams, products)]


def _solve_words(sources: Sources, matrix: Floats, maps: list[Doubles], weights: Sequence[float], ridge: float) -> None:
    """Set the m of each word for fixed W; words of the same sources share an inverse."""
    dim, inverses = matrix.shape[1], dict[bytes, Doubles]()
    squares = [w * w_map @ w_map.T for w_map, w in zip(maps, weights)]
    for block, parts in sources.blocks():
        right = np.zeros((block.stop - block.start, dim))
        for (rows, _), w_map, w in zip(parts, maps, weights):
            right += w * unit_rows(rows) @ w_map.T
        has = np.stack([has for _, has in parts], axis=1)
        patterns, pattern_of = np.unique(has, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            key = pattern.tobytes()
            if key not in inverses:
                total = ridge * np.eye(dim)
                for square in (square for square, used in zip(squares, pattern) if used):
                    total += square
                inverses[key] = np.asarray(np.linalg.inv(total), np.float64)
            words = np.flatnonzero(pattern_of.ravel() == number)
            matrix[block.start + words] = right[words] @ inverses[key]


def _objective(sources: Sources, matrix: Floats, maps: list[Doubles], weights: Sequence[float], ridge: float) -> float:
    """The value that is minimised."""
    total = ridge * sum(float(np.square(w_map).sum()) for w_map in maps)
    for block, parts in sources.blocks():
        m = matrix[block].astype(np.float64)
        total += ridge * float(np.square(m).sum())
        for (rows, has), w_map, w in zip(parts, maps, weights):
            total += w * float(np.square((m @ w_map - unit_rows(rows))[has]).sum())
    return total
