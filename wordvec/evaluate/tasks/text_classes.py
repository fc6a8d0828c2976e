"""Classes of texts: can a linear classifier learn them from the vectors of texts? SentEval's sets and its probes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.evaluate import linear
from wordvec.evaluate.encoders import Encoded, Texts
from wordvec.evaluate.files import every_line
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.regimes import Words, outcomes_of, regimes
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import DEVELOPMENT, MOST, TRAINING, Dataset, Place, Task, dataset, sibling
from wordvec.evaluate.tasks.categories import clustered
from wordvec.search import arrays

Item = tuple[str, str, str]  # part ("train", "dev", "test", or "" where all are tested), class, text
Longs = NDArray[np.int64]

_KINDS = (("pos", "neg"), ("subjective", "objective"))  # ends of the names of files
_QUESTION = re.compile(r"([A-Z]+):\w+ (\S.*)")  # of TREC: class, finer class, text
_SENTIMENT = re.compile(r"(\d) (\S.*)|(\S.*)\t(\d)")  # of SST: class and text (five classes), text and class (two)
_PARTS = {"tr": "train", "va": "dev", "te": "test"}  # of SentEval's probes
_NO_TEXT = "no text has a word with a vector"


class ClassifiedTexts(Task):
    """Texts with their classes: a logistic regression of the vectors of texts is tested on other texts."""

    suites: ClassVar[tuple[str, ...]] = ("texts",)
    fast = False
    clusters = False  # whether clusters of the texts are compared with their classes, too

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The accuracy of the classifier, and that of the most frequent class.

        C is chosen on the development part, or else on a fifth of the texts that are learned from. Sets without parts
        are tested by ten-fold cross-validation. Texts without a known word are zeros.
        """
        items: list[Item] = words.policy.counted(dataset.items)
        part = np.array([item[0] for item in items])
        names, codes = np.unique(np.array([item[1] for item in items], object), return_inverse=True)
        classes: Longs = codes.reshape(-1)
        texts = [item[2] for item in items]
        learning = [text for text, own in zip(texts, part.tolist()) if own != "test"]
        encoder = Texts(words)
        encoded = encoder.encode(texts, learning)
        splits = linear.cross_validation(classes, seed) if not part[0] else [_given(part)]
        total = sum(len(split.test) for split in splits)
        reason = linear.why_not() or (None if encoded.has.any() else _NO_TEXT)
        if reason is None and (not len(learning) or not total or len(names) < 2):
            reason = "there must be texts of two classes to learn from, and others"
        if reason:
            outcomes = [
                Outcome(measure, total, reason=reason, share=encoded.coverage, headline=measure == "accuracy")
                for measure in ("accuracy", "majority")
            ]
        else:
            outcomes = _outcomes(words, encoded, lambda: encoder.words(texts), classes, splits, seed, workers)
        if self.clusters:
            some = in_clusters(encoded, classes, seed)
            outcomes += [replace(one, headline=False) for one in some]
        return outcomes


def _outcomes(
    words: Resolver,
    encoded: Encoded,
    means: Callable[[], Words | None],
    classes: Longs,
    splits: Sequence[linear.Split],
    seed: int,
    workers: int | None,
) -> list[Outcome]:
    """The accuracy of a classifier and of the most frequent class, and where they are asked for the other regimes."""
    tested = np.concatenate([split.test for split in splits])

    def outcome(predicted: Longs, measure: str = "accuracy") -> Outcome:
        right = predicted == classes[tested]
        is_main = measure == "accuracy"
        return of_items(measure, "mean", len(tested), tested, right, share=encoded.coverage, headline=is_main)

    def tell(share: float) -> None:
        words.tell(share / 3 if words.policy.regimes else share)

    frozen = outcome(linear.predicted(splits, linear.frozen(encoded.vectors, classes), seed, workers, tell))
    usual = [np.full(len(one.test), np.bincount(classes[one.train]).argmax()) for one in splits]
    outcomes = [frozen, outcome(np.concatenate(usual), "majority")]
    if words.policy.regimes:
        found = dict(regimes(encoded.vectors, means(), classes, splits, seed, workers, tell))
        outcomes += outcomes_of(frozen, found, outcome)
    return outcomes


class TextClassification(ClassifiedTexts):
    """Two files of texts with one name but for its end (CR, MR, SUBJ, MPQA); files of TREC; files of SST."""

    name = "text-classification"
    does = "accuracy of a linear classifier of text vectors"
    clusters = True

    def recognise(self, place: Place) -> bool:
        """`x.pos` beside `x.neg`, `x.subjective` beside `x.objective`, or a file to test beside one to learn from."""
        first = next((first for first, _ in _KINDS if place.path.name.endswith(f".{first}")), None)
        if first is not None:
            return bool(place.head) and _others(place.path)[1].is_file()
        found = sum(_form(place.path)(line.strip()) is not None for line in place.head)
        return found >= max(1, MOST * len(place.head)) and "train" in _files(place.path)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The texts with their classes; of TREC the coarse ones."""
        place, name = Path(path), None
        items: list[Item] = []
        unreadable: list[str] = []
        if place.suffix[1:] in chain(*_KINDS):
            for file in _others(place):
                texts = list(texts_of(file))
                if not texts:
                    raise FormatError(f"{file}: a file of a class must hold texts, one a line; it is empty")
                items += [("", file.suffix[1:], text) for text in texts]
        else:
            form = _form(place)
            for part, file in _files(place).items():
                for line in texts_of(file):
                    if (found := form(line)) is None:
                        unreadable.append(line)
                    else:
                        items.append((part, *found))
            if form is _sentiment:  # both of SST's sets have files of the same names
                kind = "binary" if len({item[1] for item in items}) <= 2 else "fine"
                name = f"{place.name.replace('-test', '')}-{kind}"
        wanted = "a line must hold LABEL:finer and a question (TREC), or a class and a text (SST)"
        return replace(dataset(self.name, path, items, unreadable, wanted), name=name or place.stem)


class TextProbes(ClassifiedTexts):
    """SentEval's linguistic probes: lines of a part (tr, va, te), a tab, a class, a tab, a text."""

    name = "text-probes"
    suites = ("texts", "probes")
    does = "accuracy of a linear classifier of text vectors on what they hold of the form of texts"

    def recognise(self, place: Place) -> bool:
        """Such lines."""
        found = sum(_probe(line) is not None for line in place.head)
        return bool(place.head) and found >= MOST * len(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The texts with their parts and classes."""
        lines = [(line, _probe(line)) for line in texts_of(path)]
        items = [item for _, item in lines if item is not None]
        unreadable = [line for line, item in lines if item is None]
        return dataset(
            self.name, path, items, unreadable, "a line must hold tr, va or te, a class and a text, with tabs"
        )


def texts_of(path: str | os.PathLike[str]) -> Iterator[str]:
    """The lines that are not blank, without white space around them; latin-1 where the bytes are not UTF-8."""
    for line in every_line(path):
        if line := line.strip():
            if not line.isascii() and any("\udc80" <= letter <= "\udcff" for letter in line):
                line = line.encode("utf-8", "surrogateescape").decode("latin-1")
            yield line


def in_clusters(encoded: Encoded, classes: Longs, seed: int, items: Longs | None = None) -> list[Outcome]:
    """How well clusters of the texts that have a vector agree with their classes; `items` has the texts' numbers."""
    units, known = arrays.unit_rows(encoded.vectors[encoded.has]), classes[encoded.has]
    used = np.flatnonzero(encoded.has) if items is None else items[encoded.has]
    return clustered(units, known, seed, ["v-measure"], len(classes), "texts", used, share=encoded.coverage)


def _given(part: NDArray[np.str_]) -> linear.Split:
    """The split into the parts that a set has."""
    return linear.Split(np.flatnonzero(part != "test"), np.flatnonzero(part == "dev"), np.flatnonzero(part == "test"))


def _others(path: Path) -> list[Path]:
    """The files of the classes, the one that is given among them."""
    ends = next(ends for ends in _KINDS if path.suffix[1:] in ends)
    return [path.with_suffix(f".{end}") for end in ends]


def _files(path: Path) -> dict[str, Path]:
    """The files of the parts of a set beside that to test on: of TREC by its suffix, of SST by the name."""
    if path.suffix == ".label":
        found = sorted(one for one in path.parent.glob("*.label") if "train" in one.name and one != path)
        return {"test": path, "train": found[0]} if found and "train" not in path.name else {"test": path}
    others = {"train": sibling(path, TRAINING), "dev": sibling(path, DEVELOPMENT)}
    return {"test": path, **{part: file for part, file in others.items() if file is not None}}


def _form(path: Path) -> Callable[[str], tuple[str, str] | None]:
    """What reads a line of a file: the class and the text, None where it is no such line."""
    return _question if path.suffix == ".label" else _sentiment


def _question(line: str) -> tuple[str, str] | None:
    match = _QUESTION.fullmatch(line)
    return None if match is None else (match[1], match[2])


def _sentiment(line: str) -> tuple[str, str] | None:
    match = _SENTIMENT.fullmatch(line)
    if match is None:
        return None
    return (match[1], match[2]) if match[1] else (match[4], match[3].strip())


def _probe(line: str) -> Item | None:
    cells = line.split("\t")
    if len(cells) != 3 or cells[0] not in _PARTS or not cells[1] or not cells[2].strip():
        return None
    return _PARTS[cells[0]], cells[1], cells[2].strip()
