"""QVEC-CCA: the correlation of vectors with linguistic features of words, such as supersenses."""

from __future__ import annotations

import json
import os

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_draws
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, dataset, readable

Doubles = NDArray[np.float64]
Item = tuple[str, tuple[tuple[str, float], ...]]  # word, its features

_DRAWS = 200
_RANK = 1e-9  # a smaller share of the largest singular value is nothing but rounding


class Qvec(Task):
    """The form of QVEC's oracles: lines of a word, a tab and a JSON object of features with their shares."""

    name = "qvec-cca"
    suites = ("relations",)
    does = "first canonical correlation of vectors with features of words"

    def recognise(self, place: Place) -> bool:
        """Such lines."""
        return bool(place.head) and sum(_item(line) is not None for line in place.head) >= MOST * len(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The words with their features."""
        items, unreadable = readable(path, _item)
        return dataset(self.name, path, items, unreadable, "a line must hold a word, a tab and a JSON object")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The correlation (Tsvetkov, Faruqui and Dyer 2016), which no rotation of the vectors changes.

        It rises with the number of dimensions, as any best fit does: compare vectors of one size. The interval is the
        bootstrap's over words, without the bias of that fit.
        """
        items: list[Item] = words.policy.counted(dataset.items)
        numbers = words.numbers(word for word, _ in items)
        used = np.flatnonzero(numbers >= 0)
        columns = {name: place for place, name in enumerate(sorted({name for _, some in items for name, _ in some}))}
        known = int(words.is_known(numbers).sum())
        if len(used) < 3:
            reason = f"a correlation needs 3 words or more; {len(used)} have a vector"
            return [Outcome("cca", len(items), used=len(used), known=known, reason=reason)]
        features = np.zeros((len(used), len(columns)))
        for line, place in enumerate(used.tolist()):
            for name, share in items[place][1]:
                features[line, columns[name]] = share
        of_words, of_features = _basis(words.units(numbers[used])), _basis(features)
        score = _largest(of_words.T @ of_features)
        if not score:
            reason = "vectors or features of the words are all the same"
            return [Outcome("cca", len(items), used=len(used), known=known, reason=reason)]
        rng, drawn = np.random.default_rng(seed), np.empty(_DRAWS)
        for number in range(_DRAWS):
            counts = np.bincount(rng.integers(0, len(used), len(used)), minlength=len(used))
            drawn[number] = _of_drawn(of_words, of_features, counts.astype(float))
        return [of_draws("cca", len(items), used, score, drawn, known=known, headline=True)]


def first_correlation(x: Doubles, y: Doubles) -> float:
    """The largest correlation of a direction of x [n, D] with one of y [n, E]; 0 where one does not vary.

    >>> x = np.arange(12.0).reshape(6, 2) ** 2
    >>> round(first_correlation(x, x[:, :1] + 1), 6)
    1.0
    """
    return _largest(_basis(x).T @ _basis(y))


def _basis(x: Doubles) -> Doubles:
    """[n, R] columns at right angles, of length 1 and mean 0, that span the columns of x [n, D] less their means."""
    u, s, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    basis: Doubles = u[:, s > _RANK * max(1.0, float(s[0]))]
    return basis


def _of_drawn(x: Doubles, y: Doubles, counts: Doubles) -> float:
    """The first correlation where each word counts so often; x [n, R] and y [n, S] span what is correlated.

    It is the same for any x and y of the same span, so that it follows from products of bases that are made once.
    """
    n = counts.sum()
    means = [counts @ some / n for some in (x, y)]
    (of_x, of_y), weighted = means, (x * counts[:, None]).T
    whitened = []
    for some, products in ((of_x, weighted @ x), (of_y, (y * counts[:, None]).T @ y)):
        values, directions = np.linalg.eigh(products - n * np.outer(some, some))
        kept = values > _RANK * max(float(values[-1]), 0.0)
        whitened.append(directions[:, kept] / np.sqrt(values[kept]))
    return _largest(whitened[0].T @ (weighted @ y - n * np.outer(of_x, of_y)) @ whitened[1])


def _largest(products: Doubles) -> float:
    """The largest singular value of correlations, at most 1; 0 of none."""
    return float(min(1.0, np.linalg.svd(products, compute_uv=False)[0])) if products.size else 0.0


def _item(line: str) -> Item | None:
    word, _, text = line.partition("\t")
    if not word.strip() or not text.lstrip().startswith("{"):
        return None
    try:
        content = json.loads(text)
        return word.strip(), tuple(sorted((str(name), float(share)) for name, share in content.items()))
    except (ValueError, TypeError, AttributeError):
        return None
