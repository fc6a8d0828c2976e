"""Bias: how unlike two lists of words are near to two others, by WEAT with its permutation test, RND and RIPA."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.evaluate.files import every_line
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset

Doubles = NDArray[np.float64]
Item = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]  # name, X, Y, A, B

_MOST = 50_000  # partitions, beyond which as many are drawn
_DRAWS = 2000  # of words, for intervals
# The tests of Caliskan, Bryson and Narayanan (2017), table 1, by the names of lists in wefe's file: X, Y, A, B.
_TESTS: dict[str, tuple[str, str, str, str]] = {
    "1 flowers insects": ("flowers", "insects", "pleasant_5", "unpleasant_5a"),
    "2 instruments weapons": ("instruments", "weapons", "pleasant_5", "unpleasant_5a"),
    "3 names": ("european_american_names_5", "african_american_names_5", "pleasant_5", "unpleasant_5b"),
    "4 names": ("european_american_names_7", "african_american_names_7", "pleasant_5", "unpleasant_5b"),
    "5 names": ("european_american_names_7", "african_american_names_7", "pleasant_9", "unpleasant_9"),
    "6 gender career": ("male_names", "female_names", "career", "family"),
    "7 math arts": ("math", "arts", "male_terms", "female_terms"),
    "8 science arts": ("science", "arts_2", "male_terms_2", "female_terms_2"),
    "9 disease": ("mental_disease", "physical_disease", "temporary", "permanent"),
    "10 age": ("young_people_names", "old_people_names", "pleasant_9", "unpleasant_9"),
}
_SIDES = ("targ1", "targ2", "attr1", "attr2")  # of a file of one test (May and others 2019)


class Bias(Task):
    """WEAT's lists as JSON: those of wefe, or one test a file with `targ1`, `targ2`, `attr1` and `attr2`."""

    name = "bias"
    suites = ("bias",)
    does = "association of two lists of words with two others"

    def recognise(self, place: Place) -> bool:
        """JSON whose first lines name such lists."""
        text = " ".join(place.head)
        return text.lstrip().startswith("{") and any(f'"{name}"' in text for name in ("flowers", *_SIDES))

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The tests whose four lists are there; lists of other tests are not read."""
        wanted = "there must be JSON with the lists of WEAT, or with targ1, targ2, attr1 and attr2"
        try:
            content = json.loads("\n".join(every_line(path)))
        except ValueError as error:
            raise FormatError(f"{os.fspath(path)}: {wanted}; {error}") from None
        if not isinstance(content, Mapping):
            raise FormatError(f"{os.fspath(path)}: {wanted}; got a {type(content).__name__}")
        items = _items(content)
        unread = sorted(str(name) for name in content if not items)
        return dataset(self.name, path, items, unread, wanted)

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """For each test WEAT's effect size and p value, RND and RIPA. 0 is no association; A is nearer to X above 0.

        - `weat`: the difference of mean associations of X and Y over their deviation, from -2 to 2; `weat-p` is the
          one-sided p value over partitions of X and Y, all or 50,000 that are drawn.
        - `rnd`: the mean over A of the distance to the mean of Y less that to the mean of X (Garg and others 2018).
        - `ripa`: the mean of A less that of B along the first principal direction of X - Y (Ethayarajh and others
          2019).
        """
        return [outcome for item in dataset.items for outcome in _test(words, item, seed)]


def effect_size(x: Doubles, y: Doubles) -> Doubles:
    """[...] WEAT's effect size of associations [..., n] and [..., m]; the deviation is that of a sample.

    >>> float(effect_size(np.array([0.3, 0.5]), np.array([-0.1, 0.1])).round(4))
    1.5492
    """
    both = np.concatenate([x, y], axis=-1)
    deviation = both.std(axis=-1, ddof=1)
    size: Doubles = np.divide(
        x.mean(axis=-1) - y.mean(axis=-1), deviation, out=np.zeros(deviation.shape), where=deviation > 0
    )
    return size


def permutation_p(x: Doubles, y: Doubles, seed: int = 1) -> float:
    """The share of partitions of all associations, as large as x and y, whose difference is at least theirs.

    >>> permutation_p(np.array([0.3, 0.5]), np.array([-0.1, 0.1]))  # 1 of 6
    0.16666666666666666
    """
    both, size = np.concatenate([x, y]), len(x)
    total, least = both.sum(), x.sum()
    # With the sum of all fixed, the difference of means rises with the sum of the first part.
    if comb(len(both), size) <= _MOST:
        sums = both[np.array(list(combinations(range(len(both)), size)))].sum(axis=1)
        return float(np.mean(sums >= least - 1e-12 * max(1.0, abs(total))))
    rng = np.random.default_rng(seed)
    sums = np.array([both[rng.permutation(len(both))[:size]].sum() for _ in range(_MOST)])
    return (int((sums >= least - 1e-12).sum()) + 1) / (_MOST + 1)


def _test(words: Resolver, item: Item, seed: int) -> list[Outcome]:
    name, *lists = item
    numbers = [words.numbers(some) for some in lists]
    known = int(sum(words.is_known(some).sum() for some in numbers))
    sides = [some[some >= 0] for some in numbers]
    facts: dict[str, Any] = {"part": name, "known": known, "used": sum(map(len, sides))}
    total = sum(map(len, lists))
    if min(map(len, sides)) < 2:
        reason = f"each list must have 2 words with a vector; they have {', '.join(str(len(some)) for some in sides)}"
        return [Outcome(measure, total, reason=reason, **facts) for measure in ("weat", "weat-p", "rnd", "ripa")]
    x, y, a, b = (words.units(some) for some in sides)
    of_x, of_y = ((some @ a.T).mean(axis=1) - (some @ b.T).mean(axis=1) for some in (x, y))
    rng = np.random.default_rng(seed)
    drawn = effect_size(_drawn(of_x, rng), _drawn(of_y, rng))
    distances = np.linalg.norm(a - y.mean(axis=0), axis=1) - np.linalg.norm(a - x.mean(axis=0), axis=1)
    direction = _direction(x, y)
    along = [a @ direction, b @ direction]
    scores = (
        ("weat", float(effect_size(of_x, of_y)), drawn),
        ("rnd", float(distances.mean()), _drawn(distances, rng).mean(axis=1)),
        (
            "ripa",
            float(along[0].mean() - along[1].mean()),
            _drawn(along[0], rng).mean(1) - _drawn(along[1], rng).mean(1),
        ),
    )
    p = permutation_p(of_x, of_y, seed)
    return [
        *(
            Outcome(
                measure, total, score=score, low=_bound(some, score, 0.025), high=_bound(some, score, 0.975), **facts
            )
            for measure, score, some in scores
        ),
        Outcome("weat-p", total, score=p, **facts),
    ]


def _drawn(values: Doubles, rng: np.random.Generator) -> Doubles:
    """[draws, n] values, drawn with replacement."""
    drawn: Doubles = values[rng.integers(0, len(values), (_DRAWS, len(values)))]
    return drawn


def _bound(drawn: Doubles, score: float, share: float) -> float:
    """A percentile, no nearer to the middle than the score itself."""
    bound = float(np.quantile(drawn, share))
    return min(bound, score) if share < 0.5 else max(bound, score)


def _direction(x: Doubles, y: Doubles) -> Doubles:
    """[D] the first principal direction, about 0, of all differences x - y, towards x."""
    differences = (x[:, None] - y[None]).reshape(-1, x.shape[1])
    direction: Doubles = np.linalg.svd(differences, full_matrices=False)[2][0]
    return direction if differences.mean(axis=0) @ direction >= 0 else -direction


def _items(content: Mapping[str, Any]) -> list[Item]:
    if all(side in content for side in _SIDES):
        lists = [content[side].get("examples") if isinstance(content[side], Mapping) else None for side in _SIDES]
        heads = [content[side].get("category", side) for side in _SIDES[:2] if isinstance(content[side], Mapping)]
        tests = [(" ".join(map(str, heads)), lists)]
    else:
        tests = [(name, [content.get(some) for some in four]) for name, four in _TESTS.items()]
    items: list[Item] = []
    for name, four in tests:
        sides = [tuple(sorted(some)) for some in four if _is_list(some)]
        if len(sides) == len(_SIDES):
            items.append((name, sides[0], sides[1], sides[2], sides[3]))
    return items


def _is_list(some: Any) -> TypeGuard[Sequence[str]]:
    return isinstance(some, Sequence) and not isinstance(some, str) and all(isinstance(word, str) for word in some)
