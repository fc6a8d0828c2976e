"""Scores of pairs of words: word2vec's, normalised PMI, the log-likelihood ratio, or a function's."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError

Counts = NDArray[np.int64]
Scorer = Callable[[Counts, Counts, Counts, int, int, int], NDArray[np.float64]]
# What a function is given by name: how often the first and the last word and the pair occur; the numbers of distinct
# words and pairs, the option min_count, and the number of tokens.
ARGUMENTS = ("worda_count", "wordb_count", "bigram_count", "len_vocab", "min_count", "corpus_word_count")


def original_scorer(
    worda_count: Counts,
    wordb_count: Counts,
    bigram_count: Counts,
    len_vocab: int,
    min_count: int,
    corpus_word_count: int,
) -> NDArray[np.float64]:
    """word2vec's score (Mikolov et al. 2013, eq. 6), times the number of distinct words and pairs as in gensim.

    >>> original_scorer(np.array([50]), np.array([20]), np.array([15]), 4000, 5, 9000)
    array([40.])
    """
    a, b = np.asarray(worda_count, np.float64), np.asarray(wordb_count, np.float64)
    scores: NDArray[np.float64] = (np.asarray(bigram_count, np.float64) - min_count) / (a * b) * len_vocab
    return scores


def npmi_scorer(
    worda_count: Counts,
    wordb_count: Counts,
    bigram_count: Counts,
    len_vocab: int,
    min_count: int,
    corpus_word_count: int,
) -> NDArray[np.float64]:
    """Normalised pointwise mutual information, ln(p(ab) / p(a)p(b)) / -ln p(ab) (Bouma 2009); -1 to 1.

    >>> npmi_scorer(np.array([10]), np.array([10]), np.array([10]), 4000, 5, 1000)
    array([1.])
    """
    total = float(corpus_word_count)
    a, b, both = (np.asarray(counts, np.float64) / total for counts in (worda_count, wordb_count, bigram_count))
    scores: NDArray[np.float64] = np.log(both / (a * b)) / -np.log(both)
    return scores


def log_likelihood_scorer(
    worda_count: Counts,
    wordb_count: Counts,
    bigram_count: Counts,
    len_vocab: int,
    min_count: int,
    corpus_word_count: int,
) -> NDArray[np.float64]:
    """The log-likelihood ratio G2 of the 2 x 2 table of two words (Dunning 1993), 10.83 for p = .001.

    It is negative where the two occur together less often than by chance.

    >>> log_likelihood_scorer(np.array([100, 100]), np.array([100, 100]), np.array([1, 50]), 4000, 1, 10000).round(2)
    array([  0.  , 352.83])
    """
    a, b, both = (np.asarray(counts, np.float64) for counts in (worda_count, wordb_count, bigram_count))
    total = float(corpus_word_count)
    observed = np.stack([both, a - both, b - both, total - a - b + both]).clip(0)  # below 0 in "ha ha ha" only
    expected = np.stack([a * b, a * (total - b), (total - a) * b, (total - a) * (total - b)]) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where((observed > 0) & (expected > 0), observed * np.log(observed / expected), 0)
    scores: NDArray[np.float64] = 2 * terms.sum(0).clip(0) * np.sign(both - expected[0])
    return scores + 0.0  # no -0.0


SCORERS: dict[str, Scorer] = {
    "default": original_scorer,
    "npmi": npmi_scorer,
    "log-likelihood": log_likelihood_scorer,
}


def checked_scorer(function: Any) -> Callable[..., float]:
    """A user's scorer; OptionError where it cannot be called with the arguments of gensim's scorers."""
    parameters = signature(function).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    missing = [name for name in ARGUMENTS if name not in parameters and not takes_any]
    if missing:
        raise OptionError(f"scoring must be a function with the arguments {', '.join(ARGUMENTS)}; it lacks {missing}")
    return function  # type: ignore[no-any-return]


def scores_by(function: Callable[..., float], *arguments: Any) -> NDArray[np.float64]:
    """The scores that a user's function gives for pairs, called once for each."""
    a, b, both, *rest = arguments
    constants = dict(zip(ARGUMENTS[3:], rest, strict=True))
    pairs = zip(a.tolist(), b.tolist(), both.tolist(), strict=True)
    scores = [function(worda_count=x, wordb_count=y, bigram_count=z, **constants) for x, y, z in pairs]
    try:
        return np.fromiter(map(float, scores), np.float64, len(scores))
    except (TypeError, ValueError):
        raise OptionError(f"scoring must be a function that returns a number; got {scores[:3]!r:.80}") from None
