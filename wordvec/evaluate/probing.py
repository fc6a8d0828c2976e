"""Probes: how well a linear classifier tells the tags of words (parts of speech, names) from frozen vectors alone."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.evaluate.files import SHOWN
from wordvec.evaluate.lookup import Lookup, check_finite
from wordvec.evaluate.tagged import Sentence, read_tagged

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

DRAWS = 1_000
OUTSIDE = "O"  # the tag of what is no name


@dataclass(frozen=True)
class ProbeResult:
    """Accuracy of a probe on the tokens of a test file, next to what needs no vectors, and under which policy."""

    name: str  # of the test file
    accuracy: float  # share of all tokens that get the right tag
    low: float  # the 95 % interval of the accuracy, by bootstrap over sentences
    high: float
    majority: float  # the accuracy of the most frequent tag of the training file
    f1: float | None  # F1 of the tokens that have, or get, a tag other than O; None where no tag is O
    known: int  # tokens with a vector
    tokens: int  # behind the figures: all of the test file
    sentences: int
    tags: int  # that the probe has learned
    train_tokens: int  # that it has learned from
    train_known: int
    converged: bool  # False: the classifier could have been trained for longer
    unreadable: int  # lines of both files that are no token
    unreadable_lines: tuple[str, ...]  # the first of them
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
    *,
    window: int = 0,
    case_insensitive: bool = True,
    max_train: int | None = None,
    C: float = 1.0,
    max_iter: int = 500,
    seed: int = 1,
) -> ProbeResult:
    r"""Accuracy of a logistic regression that is trained on one file of tagged text and asked another.

    Files are CoNLL-U (the tag is UPOS) or lines `word TAB tag`, a blank line after each sentence. A token is the
    vectors of its word and of `window` words to either side, each number scaled to mean 0 and variance 1 over the
    words of the training file, so that the scale of vectors does not matter. A word without a vector, and a place
    beyond the end of the sentence, is zeros. Words are looked up as written and, with `case_insensitive`, then in
    lower, Title and UPPER case. `max_train` takes so many tokens or fewer of the training file, in whole sentences
    drawn by `seed`; `C` is the inverse strength of the L2 penalty. Needs scikit-learn, LibraryError without it.

    >>> import tempfile, numpy, wordvec
    >>> vectors = wordvec.KeyedVectors(["the", "a", "sea", "tax"], [[1, 0], [1, 0.1], [0, 1], [0.1, 1]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     train, test = Path(folder, "train.tsv"), Path(folder, "test.tsv")
    ...     _ = train.write_text("the\tDET\nsea\tNOUN\n\n" * 9), test.write_text("a\tDET\ntax\tNOUN\nsky\tNOUN\n")
    ...     result = probe(vectors, train, test, window=0)
    >>> result.accuracy >= 2 / 3, round(result.coverage, 2), result.tags
    (True, 0.67, 2)
    """
    for name, value, least in (("window", window, 0), ("max_train", max_train, 1), ("max_iter", max_iter, 1)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise OptionError(f"{name} must be an integer >= {least}; got {value!r}")
    if not 0 < C < float("inf"):
        raise OptionError(f"C must be a number > 0; got {C!r}")
    learned, asked = read_tagged(train), read_tagged(test)
    sentences = _drawn(learned.sentences, max_train, seed)
    lookup = Lookup(vectors, None, case_insensitive)
    rows, test_rows = (_rows(lookup, some) for some in (sentences, asked.sentences))
    features = _Features(vectors, rows, window)
    tags = [tag for sentence in sentences for _, tag in sentence]
    gold = np.array([tag for sentence in asked.sentences for _, tag in sentence])
    (most, _), *others = Counter(tags).most_common()
    if others:
        answers, converged = _answers(features, rows, np.array(tags), test_rows, C, max_iter)
    else:
        answers, converged = np.full(len(gold), most), True
    right = answers == gold
    low, high = _interval(right, [len(sentence) for sentence in asked.sentences], seed)
    unreadable = learned.unreadable + asked.unreadable
    unknown = f"unknown words and places beyond the sentence are zeros; the {window} words to either side count as well"
    return ProbeResult(
        name=Path(test).name,
        accuracy=float(right.mean()),
        low=low,
        high=high,
        majority=float((gold == most).mean()),
        f1=_f1(answers, gold) if OUTSIDE in tags or OUTSIDE in gold else None,
        known=sum(int((line >= 0).sum()) for line in test_rows),
        tokens=len(gold),
        sentences=len(asked.sentences),
        tags=len(others) + 1,
        train_tokens=len(tags),
        train_known=sum(int((line >= 0).sum()) for line in rows),
        converged=converged,
        unreadable=len(unreadable),
        unreadable_lines=tuple(unreadable[:SHOWN]),
        policy=lookup.describe(f"{unknown}; logistic regression, C={C:g}, {max_iter} steps at most"),
    )


def _drawn(sentences: list[Sentence], most: int | None, seed: int) -> list[Sentence]:
    """Sentences of `most` tokens or fewer, in the order of the file; at least one."""
    if most is None:
        return sentences
    order = np.random.default_rng(seed).permutation(len(sentences))
    ends = np.cumsum([len(sentences[i]) for i in order])
    return [sentences[i] for i in sorted(order[: max(1, int(np.searchsorted(ends, most, side="right")))].tolist())]


def _rows(lookup: Lookup, sentences: list[Sentence]) -> list[Longs]:
    """The row of each word of each sentence, -1 where it has none."""
    seen: dict[str, int] = {}
    for sentence in sentences:
        for word, _ in sentence:
            if word not in seen:
                seen[word] = next(iter(lookup.rows(word)), -1)
    return [np.array([seen[word] for word, _ in sentence], np.int64) for sentence in sentences]


class _Features:
    """What the classifier is told of tokens: scaled vectors of the words in the window around them."""

    def __init__(self, vectors: KeyedVectors, rows: list[Longs], window: int) -> None:
        self._vectors, self.window = vectors, window
        every = np.concatenate(rows)
        distinct, times = np.unique(every[every >= 0], return_counts=True)
        known = self._of(distinct).astype(np.float64)
        share = times[:, None] / max(times.sum(), 1)
        self._mean = (known * share).sum(axis=0)
        spread = np.sqrt((np.square(known - self._mean) * share).sum(axis=0))
        self._scale = np.where(spread > 0, spread, 1)

    def _of(self, rows: Longs) -> Floats:
        taken = np.asarray(self._vectors.vectors[rows], np.float32)
        check_finite(self._vectors, np.square(taken, dtype=np.float64).sum(axis=1), rows)
        return taken

    def windows(self, rows: list[Longs]) -> Longs:
        """[tokens, 2 window + 1] the rows of the words around each token and its own, -1 where there is none."""
        between = np.full(self.window, -1, np.int64)
        apart = np.concatenate([between, *(part for sentence in rows for part in (sentence, between))])
        place = np.arange(sum(map(len, rows))) + self.window * np.repeat(np.arange(len(rows)), [len(s) for s in rows])
        around: Longs = apart[place[:, None] + np.arange(2 * self.window + 1)]
        return around

    def __call__(self, windows: Longs) -> Floats:
        """[tokens, (2 window + 1) D]."""
        distinct, place = np.unique(windows, return_inverse=True)
        table = np.zeros((len(distinct), self._vectors.vector_size), np.float32)
        known = distinct >= 0
        table[known] = (self._of(distinct[known]) - self._mean) / self._scale
        return table[place.reshape(windows.shape)].reshape(len(windows), -1)


def _answers(
    features: _Features, rows: list[Longs], tags: NDArray[np.str_], asked: list[Longs], C: float, max_iter: int
) -> tuple[NDArray[np.str_], bool]:
    """The tags that a classifier gives to the tokens of some sentences, and whether it has converged."""
    for name in ("sklearn", "threadpoolctl"):
        library(name, "wordvec[sklearn]", "for probes")
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    names, codes = np.unique(tags, return_inverse=True)
    # Tokens with the same window and tag are one, with a weight: without neighbours that is most of them.
    seen, times = np.unique(np.column_stack([features.windows(rows), codes]), axis=0, return_counts=True)
    model = LogisticRegression(C=C, max_iter=max_iter)
    # On one thread of BLAS: the last digits of its products, and with them some answers, depend on their number.
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(1):
        warnings.simplefilter("always")
        model.fit(features(seen[:, :-1]), seen[:, -1], sample_weight=times.astype(np.float32))
    converged = True
    for warning in caught:
        if issubclass(warning.category, ConvergenceWarning):
            converged = False
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    windows = features.windows(asked)
    distinct, place = np.unique(windows, axis=0, return_inverse=True)
    return names[model.predict(features(distinct))][place.reshape(-1)], converged


def _f1(answers: NDArray[np.str_], gold: NDArray[np.str_]) -> float | None:
    """F1 of the tokens with a tag other than O; None where there are none."""
    named, said = gold != OUTSIDE, answers != OUTSIDE
    both = int(named.sum() + said.sum())
    return 2 * int((named & (answers == gold)).sum()) / both if both else None


def _interval(right: NDArray[np.bool_], lengths: list[int], seed: int) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of the accuracy over resamples of the sentences."""
    ends = np.cumsum(lengths, dtype=np.int64)
    correct = np.add.reduceat(right.astype(np.int64), ends - np.asarray(lengths))
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        some = rng.integers(0, len(lengths), len(lengths))
        drawn.append(correct[some].sum() / np.asarray(lengths)[some].sum())
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist()
    return float(low), float(high)
