"""Bilingual lexicons: pairs of words from a file or a list, and how many of them two vocabularies have."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from wordvec.align.arrays import Doubles, Ints
from wordvec.base.errors import FormatError, OptionError
from wordvec.inputs import read_lines
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import case_forms

_SHOWN = 3  # unreadable lines quoted


@dataclass(frozen=True)
class Lexicon:
    """Distinct pairs of a word and a translation, in the order of the file, and the numbers of lines left out."""

    pairs: tuple[tuple[str, str], ...]
    name: str = "pairs"
    duplicates: int = 0  # repeated pairs
    unreadable: int = 0  # lines that are no pair
    unreadable_lines: tuple[str, ...] = ()  # the first of these lines

    def __len__(self) -> int:
        return len(self.pairs)

    def reversed(self) -> Lexicon:
        """The same pairs in the other direction."""
        return Lexicon(
            tuple((b, a) for a, b in self.pairs), self.name, self.duplicates, self.unreadable, self.unreadable_lines
        )

    def translations(self) -> dict[str, list[str]]:
        """The translations of each word."""
        translations: dict[str, list[str]] = {}
        for word, translation in self.pairs:
            translations.setdefault(word, []).append(translation)
        return translations


@dataclass(frozen=True)
class Coverage:
    """How many pairs and words of a lexicon two vocabularies have."""

    pairs: int  # distinct pairs of the lexicon
    used: int  # pairs with a vector for both words
    source_words: int  # distinct words
    target_words: int
    source_unknown: int  # distinct words without a vector
    target_unknown: int
    source_folded: int  # distinct words that have a vector in another case only
    target_folded: int
    several: int  # source words with several translations among the pairs used
    duplicates: int  # repeated pairs
    unreadable: int  # lines that are no pair

    @property
    def ratio(self) -> float:
        """The share of pairs that are used, from 0 to 1."""
        return self.used / self.pairs if self.pairs else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self) | {"ratio": self.ratio}


@dataclass(frozen=True)
class Matched:
    """The pairs of a lexicon as rows of two vocabularies."""

    source: Ints  # [n] rows
    target: Ints  # [n]
    weights: Doubles  # [n] 1 / number of translations of the word that are used
    coverage: Coverage


class RowFinder:
    """Finds the rows of words: as written, then (if `case_insensitive`) in lower, Title and UPPER case."""

    def __init__(self, vectors: KeyedVectors, case_insensitive: bool = True, stop: int | None = None) -> None:
        self._vectors, self._case_insensitive = vectors, case_insensitive
        self._stop = len(vectors.vectors) if stop is None else stop
        self._rows: dict[str, int] = {}
        self.folded: set[str] = set()  # words that have a row in another case only

    def row(self, word: str) -> int:
        """The row of a word, -1 where it has none among the first `stop` rows."""
        if word not in self._rows:
            forms = case_forms(word, self._case_insensitive)
            rows = [self._vectors.get_index(form, -1) for form in forms]
            first = next((i for i, row in enumerate(rows) if 0 <= row < self._stop), None)
            if first is not None and forms[first] != word:
                self.folded.add(word)
            self._rows[word] = -1 if first is None else rows[first]
        return self._rows[word]


def read_lexicon(path: str | os.PathLike[str]) -> Lexicon:
    r"""Read lines of a word and a translation, separated by a tab or by the last white space of the line.

    Repeated pairs, and lines that are no pair, are counted and left out. A word may have several translations.
    FormatError where the file is not text, or has no pair.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "en-de.txt")
    ...     _ = path.write_text("dog\tHund\nNew York\tNew York\ncat Katze\ndog\tHund\nalone\n")
    ...     lexicon = read_lexicon(path)
    >>> lexicon.pairs, lexicon.duplicates, lexicon.unreadable_lines
    ((('dog', 'Hund'), ('New York', 'New York'), ('cat', 'Katze')), 1, ('alone',))
    """
    name = os.fspath(path)
    pairs: list[tuple[str, str]] = []
    unreadable: list[str] = []
    for line in read_lines(path):
        pair = pair_of(line)
        if pair is not None:
            pairs.append(pair)
        elif line.strip():
            unreadable.append(line)
    if not pairs:
        shown = "; ".join(repr(line[:80]) for line in unreadable[:_SHOWN]) or "an empty file"
        raise FormatError(
            f"{name}: a line must hold a word and a translation, with a tab or space between; got {shown}"
        )
    return _lexicon(pairs, PurePath(name).name, unreadable)


def pair_of(line: str) -> tuple[str, str] | None:
    """The word and the translation of a line, cut at its tab, else at its last white space; None for other lines."""
    fields = [field.strip() for field in (line.split("\t") if "\t" in line else line.rsplit(None, 1))]
    return (fields[0], fields[1]) if len(fields) == 2 and all(fields) else None


def as_lexicon(pairs: Any) -> Lexicon:
    """A lexicon from the path of a file, a lexicon, or pairs of words; OptionError for anything else."""
    if isinstance(pairs, Lexicon):
        return pairs
    if isinstance(pairs, (str, os.PathLike)):
        return read_lexicon(pairs)
    checked: list[tuple[str, str]] = []
    many = isinstance(pairs, Iterable) and getattr(pairs, "ndim", 1) > 0
    for pair in pairs.items() if isinstance(pairs, dict) else pairs if many else [pairs]:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(isinstance(word, str) for word in pair):
            raise OptionError(f"pairs must be a file, or (word, translation) of strings; got {pair!r:.80}")
        checked.append((pair[0], pair[1]))
    if not checked:
        raise OptionError("pairs must hold a pair of words; got none")
    return _lexicon(checked, "pairs", [])


def _lexicon(pairs: list[tuple[str, str]], name: str, unreadable: list[str]) -> Lexicon:
    distinct = tuple(dict.fromkeys(pairs))
    return Lexicon(distinct, name, len(pairs) - len(distinct), len(unreadable), tuple(unreadable[:_SHOWN]))


def match(lexicon: Lexicon, source: KeyedVectors, target: KeyedVectors, case_insensitive: bool = True) -> Matched:
    """The pairs with a vector for both words, as rows; OptionError where there is none."""
    finders = RowFinder(source, case_insensitive), RowFinder(target, case_insensitive)
    rows = np.array([[finders[0].row(a), finders[1].row(b)] for a, b in lexicon.pairs], np.int64)
    used = np.unique(rows[(rows >= 0).all(axis=1)], axis=0)  # words that differ in case may share a row
    words = [{pair[side] for pair in lexicon.pairs} for side in (0, 1)]
    unknown = [[w for w in words[side] if finders[side].row(w) < 0] for side in (0, 1)]
    times = Counter(used[:, 0].tolist())
    if not len(used):
        raise OptionError(
            f"pairs must have words that both sides know; of {len(lexicon)} pairs in {lexicon.name}, "
            f"{len(unknown[0])} of {len(words[0])} source words and {len(unknown[1])} of {len(words[1])} target words "
            f"are unknown, such as {min(unknown[0], default=None)!r} and {min(unknown[1], default=None)!r}: do source "
            "and target stand in the order of the lexicon?"
        )
    coverage = Coverage(
        pairs=len(lexicon),
        used=len(used),
        source_words=len(words[0]),
        target_words=len(words[1]),
        source_unknown=len(unknown[0]),
        target_unknown=len(unknown[1]),
        source_folded=len(finders[0].folded),
        target_folded=len(finders[1].folded),
        several=sum(n > 1 for n in times.values()),
        duplicates=lexicon.duplicates,
        unreadable=lexicon.unreadable,
    )
    weights = np.array([1 / times[row] for row in used[:, 0].tolist()])
    return Matched(used[:, 0], used[:, 1], weights, coverage)


def write_lexicon(pairs: Iterable[tuple[str, str] | tuple[str, str, float]], path: str | os.PathLike[str]) -> None:
    """Write lines of a word, its translation and, if given, a score, separated by tabs.

    The file appears when it is complete. OptionError for a word with a tab or a line end.
    """
    from wordvec.outputs import open_output

    with open_output(path) as file:
        for word, translation, *score in pairs:
            if any(mark in text for text in (word, translation) for mark in "\t\n\r"):
                raise OptionError(
                    f"words must be without tabs and line ends to be written; got {word!r}, {translation!r}"
                )
            cells = [word, translation, *(f"{value:.4f}" for value in score)]
            file.write(("\t".join(cells) + "\n").encode("utf-8", "surrogateescape"))
