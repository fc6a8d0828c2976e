"""Probes: linear classifiers trained on frozen vectors to predict the tags of words (parts of speech, names)."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.options import Options, option
from wordvec.base.shown import Shown
from wordvec.evaluate.files import SHOWN
from wordvec.evaluate.linear import fitted, one_thread
from wordvec.evaluate.lookup import check_finite
from wordvec.evaluate.policy import Resolver, resolver
from wordvec.evaluate.tagged import Sentence, read_tagged

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

DRAWS = 1_000
OUTSIDE = "O"  # the tag of tokens that are not part of a name


@dataclass(frozen=True, kw_only=True)
class Probing(Options):
    """The options of `probe`."""

    window: int = option(0, "words on each side whose vectors are features, too", low=0)
    case_insensitive: bool = option(True, "look words up as written, then in lower, Title and UPPER case")
    max_train: int | None = option(None, "training tokens at most, in random whole sentences; none given: all", low=1)
    C: float = option(1.0, "inverse strength of the L2 penalty", above=0)
    max_iter: int = option(500, "iterations of the classifier at most", low=1)
    seed: int = option(1, "seed of the sampled sentences and of the bootstrap", low=0)


@dataclass(frozen=True)
class ProbeResult(Shown):
    """Accuracy of a probe on the tokens of a test file, next to a baseline without vectors, and the policy."""

    name: str  # of the test file
    accuracy: float  # share of all tokens with the right tag
    low: float  # the 95 % interval of the accuracy, by bootstrap over sentences
    high: float
    majority: float  # the accuracy of the most frequent tag of the training file
    f1: float | None  # F1 of the tags other than O; None where no tag is O
    known: int  # tokens with a vector
    tokens: int  # all tokens of the test file
    sentences: int
    tags: int  # distinct tags of the training tokens
    train_tokens: int
    train_known: int
    converged: bool  # False: max_iter was reached before convergence
    unreadable: int  # lines of both files that are no token
    unreadable_lines: tuple[str, ...]  # the first of these lines
    policy: str

    @property
    def coverage(self) -> float:
        """The share of tokens with a vector, from 0 to 1."""
        return self.known / self.tokens

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self) | {"coverage": self.coverage, "unreadable_lines": list(self.unreadable_lines)}


def probe(
    vectors: KeyedVectors,
    train: str | os.PathLike[str],
    test: str | os.PathLike[str],
    options: Probing | None = None,
    **values: Any,
) -> ProbeResult:
    r"""Accuracy of a logistic regression that is trained on one file of tagged text and tested on another.

    Files are CoNLL-U (the tag is UPOS) or lines `word TAB tag`, with a blank line after each sentence. The features of
    a token are the vectors of its word and of `window` words on each side, every dimension standardised to mean 0 and
    variance 1 over the words of the training file. Words without a vector, and positions outside the sentence, are
    zeros. The options are those of `Probing`; they may be given by name. Needs scikit-learn, LibraryError without it.

    >>> import tempfile, numpy, wordvec
    >>> vectors = wordvec.KeyedVectors(["the", "a", "sea", "tax"], [[1, 0], [1, 0.1], [0, 1], [0.1, 1]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     train, test = Path(folder, "train.tsv"), Path(folder, "test.tsv")
    ...     _ = train.write_text("the\tDET\nsea\tNOUN\n\n" * 9), test.write_text("a\tDET\ntax\tNOUN\nsky\tNOUN\n")
    ...     result = probe(vectors, train, test, window=0)
    >>> result.accuracy >= 2 / 3, round(result.coverage, 2), result.tags
    (True, 0.67, 2)
    """
    chosen = Probing.of(options, values)
    train_text, test_text = read_tagged(train), read_tagged(test)
    sentences = sampled(train_text.sentences, chosen.max_train, chosen.seed)
    lookup = resolver(vectors, None, chosen.case_insensitive)
    rows, test_rows = (rows_of(lookup, some) for some in (sentences, test_text.sentences))
    features = Features(vectors, rows, chosen.window)
    tags = [tag for sentence in sentences for _, tag in sentence]
    gold = np.array([tag for sentence in test_text.sentences for _, tag in sentence])
    (most, _), *others = Counter(tags).most_common()
    if others:
        with one_thread():
            predicted, converged = predicted_tags(features, rows, np.array(tags), test_rows, chosen.C, chosen.max_iter)
    else:
        predicted, converged = np.full(len(gold), most), True
    right = predicted == gold
    low, high = _interval(right, [len(sentence) for sentence in test_text.sentences], chosen.seed)
    unreadable = train_text.unreadable + test_text.unreadable
    unknown = "unknown words and places beyond the sentence are zeros"
    classifier = f"logistic regression, C={chosen.C:g}, at most {chosen.max_iter} iterations"
    return ProbeResult(
        name=Path(test).name,
        accuracy=float(right.mean()),
        low=low,
        high=high,
        majority=float((gold == most).mean()),
        f1=_f1(predicted, gold) if OUTSIDE in tags or OUTSIDE in gold else None,
        known=sum(int((line >= 0).sum()) for line in test_rows),
        tokens=len(gold),
        sentences=len(test_text.sentences),
        tags=len(others) + 1,
        train_tokens=len(tags),
        train_known=sum(int((line >= 0).sum()) for line in rows),
        converged=converged,
        unreadable=len(unreadable),
        unreadable_lines=tuple(unreadable[:SHOWN]),
        policy=lookup.describe(f"{unknown}; windows of {chosen.window} words on each side; {classifier}"),
    )


def sampled(sentences: list[Sentence], most: int | None, seed: int) -> list[Sentence]:
    """Random sentences with at most `most` tokens together, in the order of the file; at least one sentence."""
    if most is None:
        return sentences
    order = np.random.default_rng(seed).permutation(len(sentences))
    ends = np.cumsum([len(sentences[i]) for i in order])
    return [sentences[i] for i in sorted(order[: max(1, int(np.searchsorted(ends, most, side="right")))].tolist())]


def rows_of(lookup: Resolver, sentences: list[Sentence]) -> list[Longs]:
    """The row of each word of each sentence, -1 where it has none."""
    rows: dict[str, int] = {}
    for sentence in sentences:
        for word, _ in sentence:
            if word not in rows:
                rows[word] = next(iter(lookup.rows(word)), -1)
    return [np.array([rows[word] for word, _ in sentence], np.int64) for sentence in sentences]


class Features:
    """The features of tokens: standardised vectors of the words in the window around them.

    `composed` [m, D] are the vectors of the numbers from `len(vectors)` on.
    """

    def __init__(self, vectors: KeyedVectors, rows: list[Longs], window: int, composed: Floats | None = None) -> None:
        self._vectors, self.window, self._composed = vectors, window, composed
        all_rows = np.concatenate(rows)
        distinct, counts = np.unique(all_rows[all_rows >= 0], return_counts=True)
        known = self.matrix(distinct).astype(np.float64)
        shares = counts[:, None] / max(counts.sum(), 1)
        self._mean = (known * shares).sum(axis=0)
        deviation = np.sqrt((np.square(known - self._mean) * shares).sum(axis=0))
        self._scale = np.where(deviation > 0, deviation, 1)

    def matrix(self, rows: Longs) -> Floats:
        """[n, D] the vectors of rows, which rise, as they are."""
        own = rows[rows < len(self._vectors.vectors)]
        matrix = np.asarray(self._vectors.vectors[own], np.float32)
        check_finite(self._vectors, np.square(matrix, dtype=np.float64).sum(axis=1), own)
        if len(own) < len(rows) and self._composed is not None:  # rows rise
            matrix = np.concatenate([matrix, self._composed[rows[len(own) :] - len(self._vectors.vectors)]])
        return matrix

    def windows(self, rows: list[Longs]) -> Longs:
        """[tokens, 2 window + 1] the rows of the words in the window of each token; -1 where there is none."""
        padding = np.full(self.window, -1, np.int64)
        padded = np.concatenate([padding, *(part for sentence in rows for part in (sentence, padding))])
        place = np.arange(sum(map(len, rows))) + self.window * np.repeat(np.arange(len(rows)), [len(s) for s in rows])
        around: Longs = padded[place[:, None] + np.arange(2 * self.window + 1)]
        return around

    def __call__(self, windows: Longs) -> Floats:
        """[tokens, (2 window + 1) D] the features of windows."""
        distinct, place = np.unique(windows, return_inverse=True)
        table = np.zeros((len(distinct), self._vectors.vector_size), np.float32)
        known = distinct >= 0
        table[known] = (self.matrix(distinct[known]) - self._mean) / self._scale
        return table[place.reshape(windows.shape)].reshape(len(windows), -1)


def predicted_tags(
    features: Features, rows: list[Longs], tags: NDArray[np.str_], test_rows: list[Longs], C: float, max_iter: int
) -> tuple[NDArray[np.str_], bool]:
    """The tags that a classifier predicts for the tokens of the test sentences, and whether it converged."""
    names, codes = np.unique(tags, return_inverse=True)
    # Tokens with the same window and tag become one example with a weight: most of them, with window=0.
    examples, counts = np.unique(np.column_stack([features.windows(rows), codes]), axis=0, return_counts=True)
    weights = counts.astype(np.float32)
    classifier = fitted(features(examples[:, :-1]), examples[:, -1], C, max_iter, weights)
    windows = features.windows(test_rows)
    distinct, place = np.unique(windows, axis=0, return_inverse=True)
    return names[classifier.predict(features(distinct))][place.reshape(-1)], classifier.converged


def _f1(predicted: NDArray[np.str_], gold: NDArray[np.str_]) -> float | None:
    """F1 of the tags other than O; None where there are none."""
    true, positive = gold != OUTSIDE, predicted != OUTSIDE
    total = int(true.sum() + positive.sum())
    return 2 * int((true & (predicted == gold)).sum()) / total if total else None


def _interval(right: NDArray[np.bool_], lengths: list[int], seed: int) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of the accuracy over resamples of the sentences."""
    ends = np.cumsum(lengths, dtype=np.int64)
    correct = np.add.reduceat(right.astype(np.int64), ends - np.asarray(lengths))
    rng, accuracies = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        sample = rng.integers(0, len(lengths), len(lengths))
        accuracies.append(correct[sample].sum() / np.asarray(lengths)[sample].sum())
    low, high = np.percentile(accuracies, [2.5, 97.5]).tolist()
    return float(low), float(high)
