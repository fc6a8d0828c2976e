"""Word similarity: how well cosines rank word pairs as people do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.files import SHOWN, read_pairs
from wordvec.evaluate.lookup import Lookup, unit_rows

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors


@dataclass(frozen=True)
class WordPairsResult:
    """Correlation of cosines with given similarities, on how many pairs, and under which policy."""

    name: str
    spearman: float | None  # None where it is undefined; `reason` then says why
    pearson: float | None
    spearman_p: float | None
    pearson_p: float | None
    used: int  # pairs behind the figures
    found: int  # pairs with a vector for both words
    total: int  # pairs in the file
    zero: int  # pairs used where a vector is all zeros: their cosine counts as 0
    unreadable: int  # lines that are no pair
    unreadable_lines: tuple[str, ...]  # the first of them
    policy: str
    reason: str | None = None

    @property
    def oov_ratio(self) -> float:
        """The share of pairs with a word that has no vector, from 0 to 1."""
        return 1 - self.found / self.total

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self) | {"oov_ratio": self.oov_ratio, "unreadable_lines": list(self.unreadable_lines)}


def word_pairs(
    vectors: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    delimiter: str | None = None,
    dummy4unknown: bool = False,
    case_insensitive: bool = True,
    restrict_vocab: int | None = None,
    oov: bool = False,
) -> WordPairsResult:
    r"""Spearman's and Pearson's correlation of cosines with the similarities in a file of `word word score` lines.

    A word is looked up as written and, with `case_insensitive`, then in lower, Title and UPPER case. A pair with an
    unknown word is left out or, with `dummy4unknown`, gets the cosine 0. With `oov`, a word that is not found has the
    vector that `vectors[word]` gives all the same, by the policy of the vectors (`with_oov`), such as that of its
    n-grams; it is unknown only where there is none. A vector of zeros has cosine 0 with all.
    Figures that do not exist (fewer than 3 pairs, constant values) are None, with the reason.

    >>> import tempfile, numpy, wordvec
    >>> vectors = wordvec.KeyedVectors(["sea", "ocean", "tax"], [[1, 0], [4, 3], [1, 9]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "pairs.tsv")
    ...     _ = path.write_text("sea\tocean\t9\nSea\ttax\t1\nocean\ttax\t2\nsea\tshore\t8\n")
    ...     result = word_pairs(vectors, path)
    >>> round(result.spearman, 3), result.used, result.total, result.oov_ratio
    (1.0, 3, 4, 0.25)
    """
    pairs = read_pairs(path, delimiter)
    lookup = Lookup(vectors, restrict_vocab, case_insensitive)
    rows = np.full((len(pairs.items), 2), -1, dtype=np.int64)
    for i, (first, second, _) in enumerate(pairs.items):
        for j, word in enumerate((first, second)):
            rows[i, j] = next(iter(lookup.rows(word)), -1)
    made = _made(vectors, pairs.items, rows) if oov else np.empty((0, vectors.vector_size))
    known: NDArray[np.bool_] = np.all(rows >= 0, axis=1)
    cosines, zero = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
    cosines[known], zero[known] = _cosines(vectors, rows[known], made)
    used: NDArray[np.bool_] = np.logical_or(known, dummy4unknown)
    given = np.array([score for _, _, score in pairs.items])
    figures, reason = _correlate(given[used], cosines[used])
    unknown = "pairs with an unknown word count as cosine 0" if dummy4unknown else "pairs with an unknown word left out"
    if oov:
        unknown = f"other words by the policy of the vectors, {len(made)} of them; {unknown}"
    return WordPairsResult(
        name=Path(path).name,
        spearman=figures[0],
        pearson=figures[2],
        spearman_p=figures[1],
        pearson_p=figures[3],
        used=int(used.sum()),
        found=int(known.sum()),
        total=len(known),
        zero=int(zero[used].sum()),
        unreadable=len(pairs.unreadable),
        unreadable_lines=tuple(pairs.unreadable[:SHOWN]),
        policy=lookup.describe(unknown),
        reason=reason,
    )


def _made(
    vectors: KeyedVectors, items: Sequence[tuple[str, str, float]], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """[n, D] what the policy gives to words without a row, which get the rows after those of the vectors."""
    places: dict[str, int] = {}
    made: list[NDArray[np.float32]] = []
    for i, j in zip(*np.nonzero(rows < 0)):
        word = items[i][j]
        if word not in places:
            places[word] = -1
            if vectors.can_embed(word):
                places[word] = len(vectors.vectors) + len(made)
                made.append(vectors.get_vector(word))
        rows[i, j] = places[word]
    return np.array(made, np.float64).reshape(-1, vectors.vector_size)


def _cosines(
    vectors: KeyedVectors, rows: NDArray[np.int64], made: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The cosine of each pair of rows, after which those that were made count, and whether one is a vector of zeros."""
    distinct, place = np.unique(rows, return_inverse=True)
    size = len(vectors.vectors)
    lengths = np.sqrt(np.einsum("ij,ij->i", made, made))[:, None]
    made = made / np.where(lengths > 0, lengths, 1)
    own = unit_rows(vectors, distinct[distinct < size], np.float64)
    units = np.concatenate([own, made[distinct[distinct >= size] - size]])
    first, second = units[place.reshape(rows.shape).T]
    zero = ~(first.any(axis=1) & second.any(axis=1))
    cosines: NDArray[np.float64] = np.einsum("ij,ij->i", first, second)
    return cosines, zero


def _correlate(
    given: NDArray[np.float64], cosines: NDArray[np.float64]
) -> tuple[tuple[float | None, float | None, float | None, float | None], str | None]:
    """Spearman, its p, Pearson, its p; or four None and the reason."""
    from scipy.stats import pearsonr, spearmanr

    reason = None
    if len(given) < 3:
        reason = f"a correlation needs 3 pairs or more; {len(given)} could be used"
    elif np.ptp(given) == 0:
        reason = "all given similarities are the same"
    elif np.ptp(cosines) == 0:
        reason = "all cosines are the same"
    if reason:
        return (None, None, None, None), reason
    rank, line = spearmanr(given, cosines), pearsonr(given, cosines)
    return (float(rank.statistic), float(rank.pvalue), float(line.statistic), float(line.pvalue)), None
