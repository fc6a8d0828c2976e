"""Word similarity: the correlation of cosines with human ratings of word pairs."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.shown import Shown
from wordvec.evaluate.files import SHOWN, read_pairs
from wordvec.evaluate.policy import resolver

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors


@dataclass(frozen=True)
class WordPairsResult(Shown):
    """Correlation of cosines with the ratings of a file, the number of pairs behind it, and the policy."""

    name: str
    spearman: float | None  # None where it is undefined; `reason` then says why
    pearson: float | None
    spearman_p: float | None
    pearson_p: float | None
    used: int  # pairs that the correlations are computed from
    found: int  # pairs with a vector for both words
    total: int  # pairs in the file
    zero: int  # used pairs with a vector of zeros: their cosine is 0
    unreadable: int  # lines that are no pair
    unreadable_lines: tuple[str, ...]  # the first of these lines
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
    r"""Spearman's and Pearson's correlation of cosines with the ratings in a file of `word word score` lines.

    A word is looked up as written and, with `case_insensitive`, then in lower, Title and UPPER case. A pair with an
    unknown word is left out or, with `dummy4unknown`, gets the cosine 0. With `oov`, out-of-vocabulary words get the
    vector of the OOV policy of the vectors (`with_oov`), such as that of their n-grams, and are unknown only where it
    gives none. A vector of zeros has cosine 0 with all. Correlations that are undefined (fewer than 3 pairs, constant
    values) are None, and `reason` says why.

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
    lookup = resolver(vectors, restrict_vocab, case_insensitive, oov="subword" if oov else "skip")
    numbers = lookup.numbers(word for pair in pairs.items for word in pair[:2]).reshape(-1, 2)
    known: NDArray[np.bool_] = np.all(numbers >= 0, axis=1)
    cosines, zero = np.zeros(len(numbers)), np.zeros(len(numbers), dtype=bool)
    first, second = lookup.units(numbers[known].T)
    cosines[known] = np.einsum("ij,ij->i", first, second)
    zero[known] = ~(first.any(axis=1) & second.any(axis=1))
    used: NDArray[np.bool_] = np.logical_or(known, dummy4unknown)
    ratings = np.array([score for _, _, score in pairs.items])
    figures, reason = _correlate(ratings[used], cosines[used])
    unknown = "pairs with an unknown word count as cosine 0" if dummy4unknown else "pairs with an unknown word left out"
    if oov:
        unknown = f"other words by the policy of the vectors, {len(lookup.composed)} of them; {unknown}"
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


def _correlate(
    ratings: NDArray[np.float64], cosines: NDArray[np.float64]
) -> tuple[tuple[float | None, float | None, float | None, float | None], str | None]:
    """Spearman's correlation, its p, Pearson's, its p; or four None and the reason."""
    from scipy.stats import pearsonr, spearmanr

    reason = None
    if len(ratings) < 3:
        reason = f"a correlation needs 3 pairs or more; {len(ratings)} could be used"
    elif np.ptp(ratings) == 0:
        reason = "all given similarities are the same"
    elif np.ptp(cosines) == 0:
        reason = "all cosines are the same"
    if reason:
        return (None, None, None, None), reason
    rank, line = spearmanr(ratings, cosines), pearsonr(ratings, cosines)
    return (float(rank.statistic), float(rank.pvalue), float(line.statistic), float(line.pvalue)), None
