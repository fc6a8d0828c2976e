"""TextClassifier: a linear text classifier after fastText, with words, n-grams and labels in one file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_cosine, whole_number
from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.estimator import Estimator
from wordvec.base.logs import LOG
from wordvec.base.options import Options, takes_options
from wordvec.base.shown import Ranked
from wordvec.base.threads import in_order, thread_pool
from wordvec.classify import fasttext_reader, fasttext_writer, files
from wordvec.classify.checks import check_names, texts_given
from wordvec.classify.compression import compress
from wordvec.classify.documents import Example, examples, read
from wordvec.classify.features import Features
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.parts import ClassifierParts
from wordvec.classify.results import Result, Tally
from wordvec.classify.scoring import best, means, probabilities
from wordvec.classify.training import huffman_of, learned
from wordvec.classify.weights import weighed
from wordvec.corpus.report import in_words
from wordvec.formats.io.source import located, open_source
from wordvec.optim.checkpoints import Checkpoint, Checkpoints
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

Floats = NDArray[np.float32]

_BATCH = 512  # texts scored in one block, fewer where there are many labels
_SCORES = 1 << 22
_FIT = ("label_names", "sample_weight", "class_weight", "init", "progress", "checkpoint")
_COMPRESS = ("cutoff", "dsub", "epochs", "alpha", "progress", "label_names")


class Prediction(Ranked):
    """[(label, probability), ...], the best first."""

    __slots__ = ()
    noun = "label"


@takes_options(ClassifierOptions)
class TextClassifier(Estimator):
    """A linear text classifier: the mean of the rows of words and n-grams, and a linear layer for the labels.

    Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification" (https://arxiv.org/abs/1607.01759); n-grams
    of bytes: Zhang et al. 2021, byteSteady (https://arxiv.org/abs/2106.13302).

    >>> texts = ["good fine great", "bad poor", "great good", "poor bad awful"] * 25
    >>> classifier = TextClassifier(vector_size=8, workers=1).fit(texts, ["yes", "no"] * 50)
    >>> classifier.predict("a good film")[0][0], classifier.predict(["awful", "great"])[0][0][0]
    ('yes', 'no')
    """

    kind = "classifier"

    def __init__(self, **options: Any) -> None:
        check_names(options, ClassifierOptions.__dataclass_fields__)
        self.options = ClassifierOptions(**options)
        self.metadata: dict[str, Any] = {}
        self._fitted: tuple[Features, Vocabulary, Any, Floats] | None = None

    @classmethod
    def of(cls, parts: ClassifierParts) -> TextClassifier:
        """A classifier of parts that fit together."""
        classifier = cls()
        classifier.options, classifier.metadata = parts.options, parts.metadata
        classifier._fitted = parts.features, parts.labels, parts.input, parts.output
        return classifier

    @property
    def params(self) -> ClassifierOptions:
        """The options."""
        return self.options

    def _take(self, options: Options) -> None:
        assert isinstance(options, ClassifierOptions)
        self.options = options

    def _copy(self) -> TextClassifier:
        return type(self)(**self.get_params())

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    @property
    def parts(self) -> ClassifierParts:
        """Options, features, labels, matrices and metadata; OptionError before `fit`."""
        return ClassifierParts(self.options, *self._parts, self.metadata)

    def fit(
        self,
        corpus: Any,
        labels: Any = None,
        *,
        label_names: Sequence[str] | None = None,
        sample_weight: Any = None,
        class_weight: str | Mapping[str, float] | None = None,
        init: KeyedVectors | None = None,
        progress: bool = False,
        checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
        **unknown: Any,
    ) -> TextClassifier:
        """Learn from labelled texts; the classifier itself.

        `corpus` is what `wordvec.encode_corpus` takes of files, with lines of words and labels, tokens that start with
        `label_prefix`; or texts, and `labels`: one label or a list of labels for each text, with or without the prefix.
        Labels may be a table of 0 and 1 with a column for each of `label_names`. Words are split at ASCII white space.
        Lines without labels are skipped and counted in `metadata`.

        The step of a text is multiplied by its `sample_weight` and by the mean `class_weight` of its labels: a dict, or
        "balanced", which gives rare labels more weight. The words of `init` have rows that start at their vectors:
        fastText's pretrainedVectors. `checkpoint` is as in `wordvec.SkipGram.fit`.

        CorpusError where a file cannot be read, or there are fewer than two labels; TrainingError when it diverges.
        """
        check_names(unknown, _FIT, "an argument of fit")
        init, checkpoints = self._checked_init(init), Checkpoints.of(checkpoint)
        documents = read(
            corpus,
            labels,
            self.options,
            progress,
            label_names=label_names,
            sample_weight=sample_weight,
            class_weight=class_weight,
        )
        parts = learned(documents, self.options, init, progress, checkpoints)
        self.metadata = parts.metadata
        if class_weight is not None:
            self.metadata["class_weight"] = (
                class_weight if isinstance(class_weight, str) else {str(k): float(v) for k, v in class_weight.items()}
            )
        self._fitted = parts.features, parts.labels, parts.input, parts.output
        self.__dict__.pop("_paths", None)
        LOG.info("classifier: %s", in_words(self.metadata))
        return self

    def _checked_init(self, init: Any) -> KeyedVectors | None:
        """The checked starting vectors."""
        if init is None:
            return None
        if not isinstance(init, KeyedVectors):
            raise OptionError(f"init must be KeyedVectors; got {type(init).__name__}: use wordvec.load for a file")
        check_cosine(init=init)
        if init.vector_size != self.options.vector_size or self.options.byte_lengths:
            raise OptionError(
                f"init must have vectors of vector_size {self.options.vector_size}, and words, which byte_ngrams do "
                f"not have; got {init!r}: train with vector_size={init.vector_size}"
            )
        return init.subset(rows=slice(None)) if init.rows.row_of is not None else init

    @property
    def _parts(self) -> tuple[Features, Vocabulary, Any, Floats]:
        if self._fitted is None:
            raise OptionError("a classifier must be fitted or loaded before it is used; this one is new: call fit")
        return self._fitted

    @property
    def features(self) -> Features:
        """The mapping from texts to rows."""
        return self._parts[0]

    @property
    def labels(self) -> list[str]:
        """The labels, without prefix, by falling number of training texts."""
        return list(self._parts[1])

    @property
    def words(self) -> Vocabulary:
        """The words with rows; the first is `</s>`, which ends every text."""
        return self.features.words

    @property
    def input(self) -> Any:
        """[R, D] the rows of words, then of n-grams: float32, or quantised rows that decode to float32."""
        return self._parts[2]

    @property
    def output(self) -> Floats:
        """[labels, D] the output rows of labels; with hierarchical softmax the inner nodes of the tree, one fewer."""
        return self._parts[3]

    @cached_property
    def _paths(self) -> tuple[NDArray[Any], ...]:
        return huffman_of(self._parts[1], self.options.loss)

    def transform(self, texts: Iterable[str]) -> Floats:
        """The text vectors, [N, D] float32: the mean of the rows of each text, zeros without rows."""
        features, _, input, _ = self._parts
        blocks = list(self._each(texts, lambda some: means(features, input, some)))
        return np.concatenate(blocks) if blocks else np.empty((0, self.input.shape[1]), np.float32)

    def predict_proba(self, texts: Iterable[str]) -> Floats:
        """The probabilities of all labels, float32 [N, labels] in the order of `labels`; [labels] for one `str`.

        A text of which nothing is known has those of an empty one.
        """
        if isinstance(texts, str):
            one: Floats = self.predict_proba([texts])[0]
            return one
        blocks = list(self._each(texts, self._scores))
        return np.concatenate(blocks) if blocks else np.empty((0, len(self.labels)), np.float32)

    @overload
    def predict(self, texts: str, k: int = 1, threshold: float = 0.0) -> Prediction: ...  # type: ignore[overload-overlap]

    @overload
    def predict(self, texts: Iterable[str], k: int = 1, threshold: float = 0.0) -> list[Prediction]: ...

    def predict(self, texts: str | Iterable[str], k: int = 1, threshold: float = 0.0) -> Prediction | list[Prediction]:
        """The `k` most probable labels of each text with their probabilities, without those below `threshold`.

        A list of (label, probability) for one `str`; a list of such lists for texts. OptionError where a text is no
        `str`.
        """
        if isinstance(texts, str):
            return next(self.stream([texts], k, threshold))
        return list(self.stream(texts, k, threshold))

    def stream(self, texts: Iterable[str], k: int = 1, threshold: float = 0.0) -> Iterator[Prediction]:
        """As `predict`, but an iterator, for more texts than fit in memory."""
        k = whole_number("k", k)
        if not isinstance(threshold, (int, float, np.number)) or not threshold == threshold:
            raise OptionError(f"threshold must be a number; got {threshold!r}")
        names = self.labels
        most = min(k, len(names))

        def work(some: list[str]) -> list[Prediction]:
            scores = self._scores(some)
            places = best(scores, most)
            values = np.take_along_axis(scores, places, axis=1)
            return [
                Prediction([(names[place], value) for place, value in zip(row, own) if value >= threshold])
                for row, own in zip(places.tolist(), values.tolist())
            ]

        for block in self._each(texts, work):
            yield from block

    def test(
        self,
        corpus: Any,
        labels: Any = None,
        *,
        k: int = 1,
        threshold: float = 0.0,
        label_names: Sequence[str] | None = None,
    ) -> Result:
        """Evaluate on labelled texts, passed as to `fit`; precision and recall.

        Texts without labels are skipped; a label that the classifier does not know counts as missed.
        """
        return self.tally(examples(corpus, labels, self.options.label_prefix, label_names), k, threshold)

    def tally(self, given: Iterable[Example], k: int = 1, threshold: float = 0.0) -> Result:
        """As `test`, of texts and labels that are read already."""
        tally, given = Tally(self.labels, k), iter(given)
        while batch := list(islice(given, 16 * _BATCH)):
            for example, found in zip(batch, self.stream([e.text for e in batch], k, threshold)):
                tally.add(example.labels, found)
        return tally.result()

    def score(self, corpus: Any, labels: Any = None, sample_weight: Any = None) -> float:
        """The accuracy on labelled texts, passed as to `fit`: the share whose first predicted label is right.

        Each text counts by its `sample_weight`. Texts without labels are skipped; CorpusError where none has one.
        """
        given: Iterable[Any] = examples(corpus, labels, self.options.label_prefix)
        weights: list[float] = []
        if sample_weight is not None:
            given = weighed(given, sample_weight, weights)
        known = [example for example in given if example.labels]
        found = self.stream([example.text for example in known])
        right = [bool(best) and best[0][0] in example.labels for example, best in zip(known, found)]
        if not sum(weights or [1.0] * len(known)):
            raise CorpusError("texts must have labels, and a weight above 0, to be scored; none has")
        return float(np.average(right, weights=weights or None))

    def _scores(self, texts: list[str]) -> Floats:
        features, _, input, output = self._parts
        return probabilities(means(features, input, texts), output, self.options.loss, self._paths)

    def _each(self, texts: Any, work: Any) -> Iterator[Any]:
        """work(batch) for all batches of the texts, on threads, in order."""
        texts = texts_given(texts, error=OptionError)
        _ = self.features.index, self.features.words.index_of_words  # made once, not by each thread
        size = min(_BATCH, max(1, _SCORES // max(len(self._parts[1]), len(self._paths[1]))))
        if isinstance(texts, Sequence) and len(texts) <= size:
            if len(texts):
                yield work(list(texts))
            return
        rest = iter(texts)
        with thread_pool(self.options.threads) as pool:
            yield from in_order(pool, work, iter(lambda: list(islice(rest, size)), []), 2 * self.options.threads)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to one file: name.bin and, once compressed, name.ftz are fastText's formats, any other is native."""
        fasttext_writer.check_suffix(path)
        (fasttext_writer if os.fspath(path).endswith((".bin", ".ftz")) else files).save(self.parts, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mmap: bool = True) -> TextClassifier:
        """Open a native file, memory-mapped, or a supervised .bin or .ftz of fastText, recognised by content."""
        with located(path) as source:
            may_map = mmap and not source.is_temporary
            return cls.of((fasttext_reader if fasttext_reader.recognise(source) else files).load(source, may_map))

    @staticmethod
    def is_in(path: str | os.PathLike[str]) -> bool:
        """Whether a file holds a classifier, judged by its first bytes."""
        if os.path.isdir(path):
            return False
        head = open_source(path).head
        return fasttext_reader.is_supervised(head) or files.KIND.encode() in head

    def compress(self, corpus: Any = None, labels: Any = None, **options: Any) -> TextClassifier:
        """A classifier in a fraction of the memory; options as in `wordvec.classify.compression.compress`."""
        check_names(options, _COMPRESS, "an argument of compress")
        return self.of(compress(self.parts, corpus, labels, **options))

    def __repr__(self) -> str:
        if self._fitted is None:
            return "<TextClassifier, not fitted>"
        rows, dim = self.input.shape
        return f"<TextClassifier: {len(self.labels)} labels, {len(self.words)} words, {rows} x {dim} numbers>"
