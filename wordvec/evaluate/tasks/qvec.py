"""QVEC-CCA: the correlation of vectors with linguistic features of words, such as supersenses."""

from __future__ import annotations

import json
import os

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, dataset, readable

Doubles = NDArray[np.float64]
Item = tuple[str, tuple[tuple[str, float], ...]]  # word, its features

_DRAWS = 100


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
        units, rng = words.units(numbers[used]), np.random.default_rng(seed)
        score = first_correlation(units, features)
        if not score:
            reason = "vectors or features of the words are all the same"
            return [Outcome("cca", len(items), used=len(used), known=known, reason=reason)]
        draws = [rng.integers(0, len(used), len(used)) for _ in range(_DRAWS)]
        drawn = np.array([first_correlation(units[some], features[some]) for some in draws])
        low, high = (np.quantile(drawn, [0.025, 0.975]) - drawn.mean() + score).tolist()
        bounds = {"low": max(0.0, min(low, score)), "high": min(1.0, max(high, score))}
        return [Outcome("cca", len(items), used=len(used), known=known, score=score, headline=True, **bounds)]


def first_correlation(x: Doubles, y: Doubles) -> float:
    """The largest correlation of a direction of x [n, D] with one of y [n, E]; 0 where one does not vary.

    >>> x = np.arange(12.0).reshape(6, 2) ** 2
    >>> round(first_correlation(x, x[:, :1] + 1), 6)
    1.0
    """
    bases = []
    for some in (x, y):
        u, s, _ = np.linalg.svd(some - some.mean(axis=0), full_matrices=False)
        bases.append(u[:, s > 1e-9 * max(1.0, float(s[0]))])
    if not all(basis.shape[1] for basis in bases):
        return 0.0
    return float(min(1.0, np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)[0]))


def _item(line: str) -> Item | None:
    word, _, text = line.partition("\t")
    if not word.strip() or not text.lstrip().startswith("{"):
        return None
    try:
        content = json.loads(text)
        return word.strip(), tuple(sorted((str(name), float(share)) for name, share in content.items()))
    except (ValueError, TypeError, AttributeError):
        return None
