"""Probes of texts: whether the vectors of texts tell if words were swapped, which words there are, and how many."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.libraries import library
from wordvec.corpus import EncodedCorpus, encode
from wordvec.evaluate.tagged import FEATURES, FORM, HEAD, ID, RELATION, UPOS, trees

LOW = 5  # words of the sentences that are drawn, at least, as in SentEval
BINS = 6  # of lengths
_NUMBER = re.compile(r"\bNumber=(Sing|Plur)\b")
SPARE = 1.5  # times as often as it is asked for must a word occur, since some of its sentences have another one, too


@dataclass(frozen=True, eq=False)
class TextTask:
    """Texts and their classes; `train` of them are there to learn from, the others to be asked."""

    name: str
    texts: list[str]
    labels: NDArray[np.int64]  # [n]
    train: int


@dataclass(frozen=True)
class TextProbeResult:
    """How many texts a linear classifier gets right that sees nothing but their vectors."""

    name: str
    accuracy: float
    low: float  # the 95 % interval of the accuracy (Wilson)
    high: float
    majority: float  # accuracy of the most frequent class of the texts to learn from
    classes: int
    texts: int  # that were asked
    train_texts: int
    converged: bool  # False: the classifier could have been trained for longer

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


def bigram_shift(corpus: Any, count: int = 10_000, *, longest: int = 28, seed: int = 1) -> TextTask:
    """Whether two neighbouring words of a sentence were swapped, as they are in about half of the texts.

    After Conneau et al. 2018, "What you can cram into a single vector", from sentences of 5 to `longest` words
    of any corpus (what `wordvec.encode` takes or returned), each of them once. A sum of vectors cannot tell.

    >>> task = bigram_shift([["a", "b", "c", "d", "e"]] * 40, count=20)
    >>> len(task.texts), task.train, sorted(set(task.labels.tolist()))
    (20, 16, [0, 1])
    """
    sentences, words, rng = _drawn(corpus, count, seed, longest)
    labels = np.zeros(len(sentences), np.int64)
    for i in np.flatnonzero(rng.random(len(sentences)) < 0.5).tolist():
        some = sentences[i]
        places = np.flatnonzero(some[1:] != some[:-1])
        if len(places):
            at = int(rng.choice(places))
            some[[at, at + 1]] = some[[at + 1, at]]
            labels[i] = 1
    return _task("bigram shift", sentences, words, labels)


def word_content(corpus: Any, count: int = 10_000, *, words: int = 100, longest: int = 28, seed: int = 1) -> TextTask:
    """Which of `words` words a sentence has, of which it has exactly one (Conneau et al. 2018).

    They are the rarest words that are frequent enough for `count` texts.
    """
    encoded = _encoded(corpus)
    _check("words", words, 2)
    counts = np.asarray(encoded.vocabulary.counts)
    first = int((counts >= SPARE * count / words).sum()) - words
    if first < 0:
        raise CorpusError(
            f"a corpus must have {words} words that occur {SPARE * count / words:.0f} times; it has {first + words}"
        )
    sentences, names, _ = _drawn(encoded, None, seed, longest)
    labels = np.full(len(sentences), -1, np.int64)
    for i, some in enumerate(sentences):
        asked = np.unique(some[(some >= first) & (some < first + words)])
        if len(asked) == 1:
            labels[i] = asked[0] - first
    most = -(-count // words)  # sentences of a word, so that no word is most of them
    kept: list[int] = []
    seen = np.zeros(words, np.int64)
    for i in np.flatnonzero(labels >= 0).tolist():
        if seen[labels[i]] < most and len(kept) < count:
            seen[labels[i]] += 1
            kept.append(i)
    return _task("word content", [sentences[i] for i in kept], names, labels[kept])


def text_length(corpus: Any, count: int = 10_000, *, longest: int = 28, seed: int = 1) -> TextTask:
    """In which of six ranges the number of words is; about as many sentences are in each (Conneau et al. 2018)."""
    sentences, words, _ = _drawn(corpus, count, seed, longest)
    sizes = np.array([len(some) for some in sentences])
    edges = np.unique(np.quantile(sizes, np.arange(1, BINS) / BINS, method="higher"))
    return _task("length", sentences, words, np.searchsorted(edges, sizes).astype(np.int64))


def subject_number(*paths: str | os.PathLike[str], lowercase: bool = True, seed: int = 1) -> TextTask:
    """Whether the subject of a sentence is one thing or several, as often each (Conneau et al. 2018).

    `paths` are treebanks, CoNLL-U with features and relations. Sentences count in which one noun is the subject of the
    root and has a `Number`. No subject of the texts to learn from is asked for, so that it cannot be known by heart.
    Words are those of the treebank, in lower case unless told otherwise. CorpusError where there are too few.
    """
    rng = np.random.default_rng(seed)
    kinds: list[list[tuple[str, str]]] = [[], []]  # of (subject, text), singular and plural
    for path in paths:
        for sentence in trees(path):
            root = [token[ID] for token in sentence if token[HEAD] == "0"]
            subjects = [token for token in sentence if token[RELATION] == "nsubj" and [token[HEAD]] == root]
            number = _NUMBER.search(subjects[0][FEATURES]) if len(subjects) == 1 else None
            if number is not None and subjects[0][UPOS] == "NOUN":
                text = " ".join([token[FORM].replace(" ", "_") for token in sentence])
                subject = subjects[0][FORM].lower()
                kinds[number[1] == "Plur"].append((subject, text.lower() if lowercase else text))
    least = min(map(len, kinds))
    orders = [rng.permutation(len(of)).tolist()[:least] for of in kinds]
    drawn = [(kinds[kind][i], kind) for kind in (0, 1) for i in orders[kind]]
    names = [subject for (subject, _), _ in drawn]
    place = {name: i for i, name in enumerate(rng.permutation(sorted(set(names))).tolist())}
    drawn.sort(key=lambda item: place[item[0][0]])
    cut = len(drawn) * 4 // 5
    while 0 < cut < len(drawn) and drawn[cut][0][0] == drawn[cut - 1][0][0]:
        cut += 1  # all texts of a subject are on one side
    if least < 5 or not 0 < cut < len(drawn):
        raise CorpusError(f"treebanks must give 10 texts for subject number; got {len(drawn)}: give more text")
    return TextTask("subject number", [text for (_, text), _ in drawn], np.array([kind for _, kind in drawn]), cut)


def probe_texts(
    encode: Callable[[list[str]], ArrayLike], task: TextTask, *, C: float = 0.1, max_iter: int = 300
) -> TextProbeResult:
    """Accuracy of a logistic regression on the vectors that `encode` gives to the texts of a task.

    `encode` is that of a `wordvec.texts.TextEncoder`, or any function from texts to an array [n, D]. Every number is
    scaled to mean 0 and variance 1 over the texts to learn from; `C` is the inverse strength of the L2 penalty. Needs
    scikit-learn, LibraryError without it. OptionError where the vectors are not finite, or not one for each text.
    """
    for name in ("sklearn", "threadpoolctl"):
        library(name, "wordvec[sklearn]", "for probes")
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    if not 0 < C < float("inf"):
        raise OptionError(f"C must be a number > 0; got {C!r}")
    _check("max_iter", max_iter, 1)
    vectors = np.array(encode(task.texts), np.float32)
    if vectors.ndim != 2 or len(vectors) != len(task.texts) or not np.isfinite(vectors).all():
        raise OptionError(f"encode must give a finite vector for each of {len(task.texts)} texts; got {vectors.shape}")
    known, asked = vectors[: task.train], task.labels[task.train :]
    mean, spread = known.mean(axis=0, dtype=np.float64), known.std(axis=0, dtype=np.float64)
    vectors = ((vectors - mean) / np.where(spread > 0, spread, 1)).astype(np.float32)
    labels = task.labels[: task.train]
    if len(np.unique(labels)) < 2:
        raise CorpusError(f"the texts to learn {task.name} from must be of two classes; give more text")
    model = LogisticRegression(C=C, max_iter=max_iter)
    # On one thread of BLAS: the last digits of its products, and with them some answers, depend on their number.
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(1):
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(vectors[: task.train], labels)
    right = int((model.predict(vectors[task.train :]) == asked).sum())
    return TextProbeResult(
        name=task.name,
        accuracy=right / len(asked),
        **dict(zip(("low", "high"), _wilson(right, len(asked)))),
        majority=float((asked == np.bincount(labels).argmax()).mean()),
        classes=len(np.unique(labels)),
        texts=len(asked),
        train_texts=task.train,
        converged=not any(issubclass(warning.category, ConvergenceWarning) for warning in caught),
    )


def _encoded(corpus: Any) -> EncodedCorpus:
    return encode(corpus, min_count=1)


def _check(name: str, value: Any, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise OptionError(f"{name} must be an integer >= {low}; got {value!r}")


def _drawn(
    corpus: Any, count: int | None, seed: int, longest: int
) -> tuple[list[NDArray[np.int32]], list[str], np.random.Generator]:
    """Sentences of a usual length in a random order, all words by number, and what else is to be drawn from."""
    encoded, rng = _encoded(corpus), np.random.default_rng(seed)
    if count is not None:
        _check("count", count, 10)
    _check("longest", longest, LOW)
    sizes = np.diff(encoded.offsets)
    chosen = rng.permutation(np.flatnonzero((sizes >= LOW) & (sizes <= longest)))[:count]
    if len(chosen) < 10:
        raise CorpusError(f"a corpus must have 10 sentences of {LOW} to {longest} words for a probe; got {len(chosen)}")
    sentences = [np.array(encoded.ids[encoded.offsets[i] : encoded.offsets[i + 1]]) for i in chosen.tolist()]
    return sentences, list(encoded.vocabulary), rng


def _task(name: str, sentences: list[NDArray[np.int32]], words: list[str], labels: NDArray[np.int64]) -> TextTask:
    if len(sentences) < 10:
        raise CorpusError(f"a corpus must give 10 texts for {name}; it gives {len(sentences)}: give more text")
    texts = [" ".join([words[i] for i in some]) for some in sentences]
    return TextTask(name, texts, labels, len(texts) * 4 // 5)


def _wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z, share = 1.96, right / total
    middle = share + z * z / (2 * total)
    reach = z * ((share * (1 - share) + z * z / (4 * total)) / total) ** 0.5
    return (middle - reach) / (1 + z * z / total), (middle + reach) / (1 + z * z / total)
