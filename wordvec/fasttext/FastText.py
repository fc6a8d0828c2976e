"""The model object of fastText, over rows of wordvec, and the functions that make one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.classify.documents import examples
from wordvec.classify.fasttext_reader import open_parts
from wordvec.classify.fasttext_writer import write_parts
from wordvec.classify.meter import Meter
from wordvec.classify.results import Tally
from wordvec.fasttext import training
from wordvec.fasttext.options import NAMES, Args, arguments_of, loss_name, model_name, read_args
from wordvec.fasttext.rows import Rows
from wordvec.fasttext.scores import predictions
from wordvec.fasttext.tokens import BOW, EOS, EOW, checked_line, decoded, first_sentence, tokenize
from wordvec.fasttext.words import Words, checked_count
from wordvec.formats.io.source import open_source
from wordvec.vectors import KeyedVectors

__all__ = [
    "BOW",
    "EOS",
    "EOW",
    "_FastText",
    "load_model",
    "loss_name",
    "model_name",
    "tokenize",
    "train_supervised",
    "train_unsupervised",
]

_OTHERS = (".safetensors", ".vec", ".txt", ".gz", ".bz2", ".xz", ".zst", ".zip")  # suffixes of what is not written


class _FastText(Words):
    """A model, by fastText's names. `train_supervised`, `train_unsupervised` and `load_model` give one.

    Options are attributes (`dim`, `lr`, `wordNgrams`, ...); of a file those that it tells.
    """

    def __init__(self, model_path: str | os.PathLike[str] | None = None, args: Args | None = None) -> None:
        super().__init__()
        if model_path is not None:
            source = open_source(model_path)
            self._take(Rows.of_parts(open_parts(source), source.path))
        self.set_args(args)

    @classmethod
    def _of(cls, rows: Rows) -> _FastText:
        made = cls()
        made._take(rows)
        return made

    def _take(self, rows: Rows) -> None:
        super()._take(rows)
        self.set_args(rows.args)

    def set_args(self, args: Any = None) -> None:
        """Take the options of `args` for attributes; what was trained stays as it is."""
        for name in NAMES if args is not None else ():
            if hasattr(args, name):
                setattr(self, name, getattr(args, name))

    # Texts

    def get_line(self, text: Any, on_unicode_error: str = "strict") -> tuple[list[Any], list[Any]]:
        """(the words of a line, with `</s>`, and its labels that the model knows); of a list, two lists of those."""
        if isinstance(text, list):
            pairs = [self.get_line(line, on_unicode_error) for line in text]
            return [words for words, _ in pairs], [labels for _, labels in pairs]
        rows, words, labels = self._rows, [], []
        known = {name for name, _ in rows.labels}
        for token in tokenize(checked_line(text, "get_line") + "\n"):
            if token in known:
                labels.append(token)
            elif token in rows.features.words or not token.startswith(rows.features.label_prefix):
                words.append(token)
            if token == EOS:
                break
        return decoded(words, on_unicode_error), decoded(labels, on_unicode_error)

    def predict(
        self, text: Any, k: int = 1, threshold: float = 0.0, on_unicode_error: str = "strict"
    ) -> tuple[Any, Any]:
        """The `k` best labels of a line (all with -1) and their probabilities, falling, those below `threshold` out.

        ((label, ...), array) for a str, ([[label, ...], ...], [array, ...]) for a list. OptionError, a ValueError,
        where the model is not supervised, or a text holds a line end.
        """
        if not self._rows.supervised:
            raise OptionError("a model must be supervised to predict labels; this one has none")
        most = checked_count(k, len(self._rows.labels))
        if not isinstance(threshold, (int, float, np.number)) or threshold != threshold:
            raise OptionError(f"threshold must be a number; got {threshold!r}")
        many = isinstance(text, list)
        lines = [first_sentence(checked_line(line)) for line in (text if many else [text])]
        found = predictions(self._rows, lines, most, float(threshold))
        names = [decoded([label for label, _ in one], on_unicode_error) for one in found]
        values = [np.array([value for _, value in one], np.float32) for one in found]
        return (names, values) if many else (tuple(names[0]), values[0].astype(np.float64))

    def _tested(self, path: str | os.PathLike[str], k: int, threshold: float) -> Iterable[Any]:
        """(labels that the model knows, what was predicted) of each line that has both a label and a word."""
        if not self._rows.supervised:
            raise OptionError("a model must be supervised to be tested; this one has no labels")
        most, rows = checked_count(k, len(self._rows.labels)), self._rows
        known, prefix = {name for name, _ in rows.labels}, rows.features.label_prefix
        given: list[tuple[list[str], str]] = []
        for example in examples(path, None, prefix):
            labels = [prefix + label for label in example.labels if prefix + label in known]
            if labels:
                given.append((labels, first_sentence(example.text.replace("\0", " "))))
        found = predictions(rows, [text for _, text in given], most, threshold) if given else []
        return zip([labels for labels, _ in given], found)

    def test(self, path: str | os.PathLike[str], k: int = 1, threshold: float = 0.0) -> tuple[int, float, float]:
        """(lines with labels that the model knows, precision at k, recall at k); nan where there is nothing."""
        result = self._tally(path, k, threshold).result()
        return result.texts, _number(result.precision), _number(result.recall)

    def test_label(
        self, path: str | os.PathLike[str], k: int = 1, threshold: float = 0.0
    ) -> dict[str, dict[str, float]]:
        """For each label its "precision", "recall" and "f1score"; nan where there is nothing."""
        scores = self._tally(path, k, threshold).result().labels
        return {
            name: {"precision": _number(own.precision), "recall": _number(own.recall), "f1score": _number(own.f1)}
            for name, own in scores.items()
        }

    def _tally(self, path: str | os.PathLike[str], k: int, threshold: float) -> Tally:
        tally = Tally([name for name, _ in self._rows.labels], k)
        for labels, found in self._tested(path, k, threshold):
            tally.add(labels, found)
        return tally

    def get_meter(self, path: str | os.PathLike[str], k: int = -1) -> Meter:
        """The scores of all labels on the lines of a file, from which precision and recall at any threshold follow."""
        return Meter(self.get_labels(), self._tested(path, k, 0.0), self.get_label_id)

    # Files

    def quantize(
        self,
        input: str | os.PathLike[str] | None = None,
        qout: bool = False,
        cutoff: int = 0,
        retrain: bool = False,
        epoch: int | None = None,
        lr: float | None = None,
        thread: int | None = None,
        verbose: int | None = None,
        dsub: int = 2,
        qnorm: bool = False,
    ) -> None:
        """Compress the model by product quantisation: a byte for every `dsub` dimensions of a row, one for its norm.

        With `cutoff` only that many rows of the largest norms are kept, and with `retrain` trained again on `input`.
        Norms always have their own byte, as with `qnorm`. With `qout` the output rows are quantised as well.
        """
        rows = self._rows
        if rows.classifier is None:
            raise OptionError("a model must be supervised to be quantized; this one is not")
        if retrain and input is None:
            raise OptionError("input must be given with retrain: the file with which rows are trained once more")
        again = retrain and bool(cutoff)
        made = rows.classifier.compress(
            os.fspath(input) if again and input is not None else None,
            cutoff=cutoff or None,
            dsub=dsub,
            epochs=(epoch or rows.args.epoch) if again else None,
            alpha=(lr or rows.args.lr) if again else None,
            progress=again and (rows.args.verbose if verbose is None else verbose) > 0,
        )
        made_rows = Rows.of_classifier(made, rows.args)
        self._take(made_rows.with_coded_output(made.options.seed) if qout else made_rows)

    def save_model(self, path: str | os.PathLike[str]) -> None:
        """Write fastText's file: name.bin, or name.ftz where the model is quantized."""
        name, rows = os.fspath(path), self._rows
        if name.lower().endswith(_OTHERS):
            raise OptionError(
                f"save_model writes fastText's file, name.bin or name.ftz; got {name}: for other formats open that "
                "with wordvec.load or TextClassifier.load, and save it"
            )
        write_parts(
            path,
            arguments_of(rows.args),
            rows.features,
            rows.labels,
            rows.input,
            rows.output,
            rows.tokens,
            coded=rows.quantised,
        )

    def keyed_vectors(self) -> KeyedVectors:
        """The words and their vectors as a copy in wordvec's KeyedVectors."""
        words = self._rows.features.words
        return KeyedVectors(words, self._rows.compose(list(words)))

    def __repr__(self) -> str:
        if self._rows_ is None:
            return "<fastText model, empty>"
        kind, words = self._rows.args.model.name, len(self._rows.features.words)
        return f"<fastText model: {kind}, {words} words, dimension {self.get_dimension()}>"


def train_supervised(*kargs: Any, **kwargs: Any) -> _FastText:
    """A classifier of the lines of a file that have labels, `__label__x`.

    Arguments, by place or name: input, lr .1, dim 100, ws, epoch 5, minCount 1, minCountLabel 0, minn 0, maxn 0, neg,
    wordNgrams 1, loss "softmax" ("ova", "hs", "ns"), bucket 2000000, thread, lrUpdateRate, t, label "__label__",
    verbose 2, pretrainedVectors "", seed 0. `ws`, `neg`, `lrUpdateRate` and `t` have no say. OptionError for an
    argument that there is not, and for autotuning.
    """
    path, args = read_args(kargs, kwargs, supervised=True)
    return _FastText._of(training.supervised(path, args))


def train_unsupervised(*kargs: Any, **kwargs: Any) -> _FastText:
    """Vectors of the words of a file, from their neighbours and their n-grams.

    Arguments, by place or name: input, model "skipgram" ("cbow"), lr .05, dim 100, ws 5, epoch 5, minCount 5,
    minCountLabel, minn 3, maxn 6, neg 5, wordNgrams, loss "ns" ("hs"), bucket 2000000, thread, lrUpdateRate, t 1e-4,
    label "__label__", verbose 2, pretrainedVectors "", seed 0. `minCountLabel`, `wordNgrams` and `lrUpdateRate` have
    no say. OptionError for an argument that there is not, and for autotuning.
    """
    path, args = read_args(kargs, kwargs, supervised=False)
    return _FastText._of(training.unsupervised(path, args))


def load_model(path: str | os.PathLike[str]) -> _FastText:
    """The model of a file, .bin or .ftz, also compressed; FormatError where it is none of fastText, or damaged."""
    return _FastText(model_path=path)


def eprint(*args: Any, **kwargs: Any) -> None:
    """Does nothing: fastText prints warnings with it, and scripts replace it to silence them."""


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
