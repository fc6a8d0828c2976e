"""Means of the vectors of contexts, and the threshold above which two of them are of one meaning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.evaluate.files import every_line
from wordvec.evaluate.policy import Resolver

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Tokens = Sequence[str]

_BLOCK = 256  # contexts whose words are read at a time


def context_means(words: Resolver, contexts: Sequence[Tokens]) -> tuple[Doubles, Bools, Bools]:
    """([n, D] the mean of the vectors of each context's words, [n] which have one, [n] which have a known word).

    Vectors keep their lengths; those that the policy composes get the mean length of the others. A context without
    such words has zeros.
    """
    means = np.zeros((len(contexts), words.vectors.vector_size))
    usable, known = np.zeros(len(contexts), bool), np.zeros(len(contexts), bool)
    rows, norms = words.vectors.vectors, words.vectors.norms
    usual = float(np.mean(norms, where=np.isfinite(norms)))
    for first in range(0, len(contexts), _BLOCK):
        some = [words.numbers(tokens) for tokens in contexts[first : first + _BLOCK]]
        some = [numbers[numbers >= 0] for numbers in some]
        distinct = np.unique(np.concatenate([np.zeros(0, np.int64), *some]))
        lengths, own = np.full(len(distinct), usual), distinct < len(rows)
        lengths[own] = np.linalg.norm(np.asarray(rows[distinct[own]], np.float64), axis=1)
        vectors = words.units(distinct) * lengths[:, None]
        for place, numbers in enumerate(some, first):
            if len(numbers):
                means[place] = vectors[np.searchsorted(distinct, numbers)].mean(axis=0)
                usable[place], known[place] = True, bool(words.is_known(numbers).any())
    return means, usable, known


def same_meaning(scores: Doubles, gold: Doubles, training: tuple[Doubles, Doubles]) -> Bools:
    """[n] whether each score is on the right side of the threshold that is best for other items.

    `gold` [n] has 1 for the same meaning and 0 for another; `training` has scores and gold values of items of their
    own. Where it is empty, the threshold for every other item is that of the items between them.
    """
    right = np.zeros(len(scores), bool)
    if len(training[0]):
        right[:] = (scores > threshold(*training)) == (gold > 0)
        return right
    for half in (slice(0, None, 2), slice(1, None, 2)):
        other = slice(1 - (half.start or 0), None, 2)
        right[half] = (scores[half] > threshold(scores[other], gold[other])) == (gold[half] > 0)
    return right


def threshold(scores: Doubles, gold: Doubles) -> float:
    """The threshold with the most right answers, in the middle between two scores; of several, the highest.

    >>> threshold(np.array([0.1, 0.5, 0.7, 0.3]), np.array([0.0, 1.0, 1.0, 0.0]))
    0.4
    """
    if not len(scores):
        return 0.0
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    # Above the k highest scores, the right answers are k' that are gold, and all others that are not.
    right = np.concatenate([[0], np.cumsum(2 * gold[order] - 1)])
    bounds = np.concatenate([[falling[0] + 2], (falling[:-1] + falling[1:]) / 2, [falling[-1] - 2]])
    splits = np.concatenate([[True], falling[:-1] > falling[1:], [True]])  # not between equal scores
    return float(bounds[splits][right[splits].argmax()])


def beside(path: Path, part: str, other: str) -> Path:
    """The file whose name has another part, in the same folder or in a folder `keys` beside it."""
    name = path.name.replace(part, other)
    key = path.parent.parent / "keys" / name
    return key if key.is_file() and not path.with_name(name).is_file() else path.with_name(name)


def lines_beside(path: Path, part: str, others: Sequence[str]) -> list[list[str]]:
    """The lines of a file, and of those beside it whose names have another part in the place of `part`.

    A file that is not beside it may be in a folder `keys` beside its own. FormatError where one of them is missing, or
    has not as many lines.
    """
    files = [path, *(beside(path, part, other) for other in others)]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise FormatError(
            f"{path}: files with a line for each of its lines must lie beside it; there is no {missing[0]}"
        )
    read = [[line.rstrip() for line in every_line(file)] for file in files]
    least = min(map(len, read))
    for some in read:
        while len(some) > least and not some[-1]:
            some.pop()
    if len({len(some) for some in read}) > 1:
        counts = ", ".join(f"{file.name} {len(some):,}" for file, some in zip(files, read))
        raise FormatError(f"{path}: the files beside it must have as many lines; got {counts}")
    return read
