"""Probes of texts: what text vectors encode of word order, word content, length, number and tense."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.options import Options, option
from wordvec.base.shown import Shown
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.evaluate.hidden_layer import with_hidden_layer
from wordvec.evaluate.linear import Scale, check_library, fitted, one_thread
from wordvec.evaluate.statistics import wilson
from wordvec.evaluate.tagged import FEATURES, FORM, HEAD, ID, RELATION, UPOS, trees

LOW = 5  # the fewest words of a sampled sentence, as in SentEval
BINS = 6  # ranges of lengths
_NUMBER = re.compile(r"\bNumber=(Sing|Plur)\b")
_TENSE = re.compile(r"\bTense=(Past|Pres)\b")
SPARE = 1.5  # how many times more often than needed a word must occur: some of its sentences have a second such word


@dataclass(frozen=True, eq=False)
class TextTask:
    """Texts and their classes: the first `train` are for training, the others for testing."""

    name: str
    texts: list[str]
    labels: NDArray[np.int64]  # [n]
    train: int


@dataclass(frozen=True)
class TextProbeResult(Shown):
    """The accuracy of a linear classifier on text vectors."""

    name: str
    accuracy: float
    low: float  # the 95 % interval of the accuracy (Wilson)
    high: float
    majority: float  # accuracy of the most frequent class of the training texts
    classes: int
    texts: int  # test texts
    train_texts: int
    converged: bool  # False: max_iter was reached before convergence

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


def bigram_shift(corpus: Any, count: int = 10_000, *, longest: int = 28, seed: int = 1) -> TextTask:
    """Were two neighbouring words of the sentence swapped? They are in about half of the texts.

    After Conneau et al. 2018, "What you can cram into a single vector", from sentences of 5 to `longest` words of a
    corpus of any kind that `wordvec.encode_corpus` takes, or an encoded one; each sentence is used once. Sums of word
    vectors do not encode word order, and so cannot solve this task.

    >>> task = bigram_shift([["a", "b", "c", "d", "e"]] * 40, count=20)
    >>> len(task.texts), task.train, sorted(set(task.labels.tolist()))
    (20, 16, [0, 1])
    """
    sentences, words, rng = _sampled(corpus, count, seed, longest)
    labels = np.zeros(len(sentences), np.int64)
    for i in np.flatnonzero(rng.random(len(sentences)) < 0.5).tolist():
        ids = sentences[i]
        places = np.flatnonzero(ids[1:] != ids[:-1])
        if len(places):
            place = int(rng.choice(places))
            ids[[place, place + 1]] = ids[[place + 1, place]]
            labels[i] = 1
    return _task("bigram shift", sentences, words, labels)


def word_content(corpus: Any, count: int = 10_000, *, words: int = 100, longest: int = 28, seed: int = 1) -> TextTask:
    """Which of `words` words does the sentence have? It has exactly one of them (Conneau et al. 2018).

    They are the rarest words that are frequent enough for `count` texts.
    """
    encoded = _encoded(corpus)
    whole_number("words", words, 2)
    counts = np.asarray(encoded.vocabulary.counts)
    first = int((counts >= SPARE * count / words).sum()) - words
    if first < 0:
        raise CorpusError(
            f"a corpus must have {words} words that occur {SPARE * count / words:.0f} times; it has {first + words}"
        )
    sentences, names, _ = _sampled(encoded, None, seed, longest)
    labels = np.full(len(sentences), -1, np.int64)
    for i, ids in enumerate(sentences):
        present = np.unique(ids[(ids >= first) & (ids < first + words)])
        if len(present) == 1:
            labels[i] = present[0] - first
    most = -(-count // words)  # sentences of a word, so that the classes are balanced
    chosen: list[int] = []
    sentences_of = np.zeros(words, np.int64)
    for i in np.flatnonzero(labels >= 0).tolist():
        if sentences_of[labels[i]] < most and len(chosen) < count:
            sentences_of[labels[i]] += 1
            chosen.append(i)
    return _task("word content", [sentences[i] for i in chosen], names, labels[chosen])


def text_length(corpus: Any, count: int = 10_000, *, longest: int = 28, seed: int = 1) -> TextTask:
    """In which of six ranges is the number of words? The ranges have about equal shares (Conneau et al. 2018)."""
    sentences, words, _ = _sampled(corpus, count, seed, longest)
    sizes = np.array([len(ids) for ids in sentences])
    edges = np.unique(np.quantile(sizes, np.arange(1, BINS) / BINS, method="higher"))
    return _task("length", sentences, words, np.searchsorted(edges, sizes).astype(np.int64))


def subject_number(*paths: str | os.PathLike[str], lowercase: bool = True, seed: int = 1) -> TextTask:
    """Is the subject of the sentence singular or plural? The classes are balanced (Conneau et al. 2018).

    `paths` are treebanks, CoNLL-U with features and relations. Sentences are used in which exactly one noun is the
    subject of the root and has a `Number`. Training and test texts have different subjects, so that the classifier
    cannot memorise them. Words are those of the treebank, in lower case by default. CorpusError where there are too few
    sentences.
    """

    def noun(sentence: Sequence[Sequence[str]]) -> tuple[str, str] | None:
        root = [token[ID] for token in sentence if token[HEAD] == "0"]
        subjects = [token for token in sentence if token[RELATION] == "nsubj" and [token[HEAD]] == root]
        number = _NUMBER.search(subjects[0][FEATURES]) if len(subjects) == 1 else None
        return None if number is None or subjects[0][UPOS] != "NOUN" else (subjects[0][FORM], number[1])

    return _of_trees("subject number", paths, noun, ("Sing", "Plur"), lowercase, seed)


def main_tense(*paths: str | os.PathLike[str], lowercase: bool = True, seed: int = 1) -> TextTask:
    """Is the main verb of the sentence in the past or the present? The classes are balanced (Conneau et al. 2018).

    As `subject_number`, of sentences whose root is a finite verb with a `Tense`; training and test texts have different
    verbs.
    """

    def verb(sentence: Sequence[Sequence[str]]) -> tuple[str, str] | None:
        roots = [token for token in sentence if token[HEAD] == "0" and token[UPOS] == "VERB"]
        tense = _TENSE.search(roots[0][FEATURES]) if len(roots) == 1 else None
        return None if tense is None or "VerbForm=Fin" not in roots[0][FEATURES] else (roots[0][FORM], tense[1])

    return _of_trees("main tense", paths, verb, ("Past", "Pres"), lowercase, seed)


def _of_trees(
    name: str,
    paths: Iterable[str | os.PathLike[str]],
    asked: Callable[[Sequence[Sequence[str]]], tuple[str, str] | None],
    classes: tuple[str, str],
    lowercase: bool,
    seed: int,
) -> TextTask:
    """The sentences of treebanks of which `asked` gives a word and its class; a word is in training or test texts."""
    rng = np.random.default_rng(seed)
    kinds: list[list[tuple[str, str]]] = [[], []]  # of (word, text), for each class
    for sentence in (sentence for path in paths for sentence in trees(path)):
        if (found := asked(sentence)) is not None:
            text = " ".join([token[FORM].replace(" ", "_") for token in sentence])
            kinds[classes.index(found[1])].append((found[0].lower(), text.lower() if lowercase else text))
    least = min(map(len, kinds))
    orders = [rng.permutation(len(texts)).tolist()[:least] for texts in kinds]
    items = [(kinds[kind][i], kind) for kind in (0, 1) for i in orders[kind]]
    words = [word for (word, _), _ in items]
    rank = {word: i for i, word in enumerate(rng.permutation(sorted(set(words))).tolist())}
    items.sort(key=lambda item: rank[item[0][0]])
    train = len(items) * 4 // 5
    while 0 < train < len(items) and items[train][0][0] == items[train - 1][0][0]:
        train += 1  # all texts of a word are on one side
    if least < 5 or not 0 < train < len(items):
        raise CorpusError(f"treebanks must give 10 texts for {name}; got {len(items)}: give more text")
    return TextTask(name, [text for (_, text), _ in items], np.array([kind for _, kind in items]), train)


@dataclass(frozen=True, kw_only=True)
class TextProbing(Options):
    """The options of `probe_texts`."""

    C: float = option(0.1, "inverse strength of the L2 penalty of a linear probe", above=0)
    max_iter: int = option(300, "iterations of the classifier at most; rounds of 4 passes with a hidden layer", low=1)
    hidden: int = option(0, "units of a hidden layer, 50 in SentEval; 0: a linear probe", low=0, high=65536)
    dropout: float = option(0.1, "share of the hidden units that a step leaves out", low=0, below=1)
    seed: int = option(1, "seed of the hidden layer", low=0)


def probe_texts(
    encode: Callable[[list[str]], ArrayLike], task: TextTask, options: TextProbing | None = None, **values: Any
) -> TextProbeResult:
    """Accuracy of a classifier on the vectors that `encode` computes for the texts of a task.

    `encode` is that of a `wordvec.texts.TextEncoder`, or any function from a list of texts to an array [n, D].
    The classifier is trained on the first `task.train` texts and tested on the others; every dimension is standardised
    to mean 0 and variance 1 over the training texts. It is a logistic regression; with `hidden` units it is SentEval's
    multi-layer probe (Conneau and Kiela 2018), which sees what no line separates: sigmoid units with dropout, learned
    by Adam until a tenth of the training texts, which is held out, gains no more. The options are those of
    `TextProbing`; they may be given by name.
    Needs scikit-learn, LibraryError without it. OptionError where the vectors are not finite, or not one for each text.
    """
    check_library()
    chosen = TextProbing.of(options, values)
    vectors = np.array(encode(task.texts), np.float32)
    if vectors.ndim != 2 or len(vectors) != len(task.texts) or not np.isfinite(vectors).all():
        raise OptionError(f"encode must give a finite vector for each of {len(task.texts)} texts; got {vectors.shape}")
    labels, test_labels = task.labels[: task.train], task.labels[task.train :]
    if len(np.unique(labels)) < 2:
        raise CorpusError(f"the texts to learn {task.name} from must be of two classes; give more text")
    scaled = Scale(vectors[: task.train])
    with one_thread():
        if chosen.hidden:
            how: dict[str, Any] = {name: getattr(chosen, name) for name in ("hidden", "dropout", "max_iter", "seed")}
            classifier = with_hidden_layer(scaled(vectors[: task.train]), labels, **how)
        else:
            classifier = fitted(scaled(vectors[: task.train]), labels, chosen.C, chosen.max_iter)
        right = int((classifier.predict(scaled(vectors[task.train :])) == test_labels).sum())
    low, high = wilson(right, len(test_labels))
    assert low is not None and high is not None  # there are texts to be tested on
    return TextProbeResult(
        name=task.name,
        accuracy=right / len(test_labels),
        low=low,
        high=high,
        majority=float((test_labels == np.bincount(labels).argmax()).mean()),
        classes=len(np.unique(labels)),
        texts=len(test_labels),
        train_texts=task.train,
        converged=classifier.converged,
    )


def _encoded(corpus: Any) -> EncodedCorpus:
    return encode_corpus(corpus, min_count=1)


def _sampled(
    corpus: Any, count: int | None, seed: int, longest: int
) -> tuple[list[NDArray[np.int32]], list[str], np.random.Generator]:
    """Sentences of 5 to `longest` words as ids, in random order; the words of the ids; the random generator."""
    encoded, rng = _encoded(corpus), np.random.default_rng(seed)
    if count is not None:
        whole_number("count", count, 10)
    whole_number("longest", longest, LOW)
    sizes = np.diff(encoded.offsets)
    chosen = rng.permutation(np.flatnonzero((sizes >= LOW) & (sizes <= longest)))[:count]
    if len(chosen) < 10:
        raise CorpusError(f"a corpus must have 10 sentences of {LOW} to {longest} words for a probe; got {len(chosen)}")
    sentences = [np.array(encoded.ids[encoded.offsets[i] : encoded.offsets[i + 1]]) for i in chosen.tolist()]
    return sentences, list(encoded.vocabulary), rng


def _task(name: str, sentences: list[NDArray[np.int32]], words: list[str], labels: NDArray[np.int64]) -> TextTask:
    if len(sentences) < 10:
        raise CorpusError(f"a corpus must give 10 texts for {name}; it gives {len(sentences)}: give more text")
    texts = [" ".join([words[i] for i in ids]) for ids in sentences]
    return TextTask(name, texts, labels, len(texts) * 4 // 5)
