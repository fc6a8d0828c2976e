"""Similarity of texts: the correlation of the cosines of text vectors with human ratings of pairs of texts."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from wordvec.base.errors import FormatError
from wordvec.evaluate.encoders import Texts
from wordvec.evaluate.files import every_line
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, dataset, is_text, name_of, number
from wordvec.evaluate.tasks.similarity import shared_words
from wordvec.search import arrays

Pair = tuple[str, str, float]

_FIRST, _SECOND = ("sentencea", "sentence1", "text1"), ("sentenceb", "sentence2", "text2")  # names of columns
_BOTH = ("text",)  # of STR: two sentences with a line end between them
_SCORE = ("relatednessscore", "score", "similarityscore", "similarity")
_PART = "semevalset"  # of the whole SICK: TRAIN, TRIAL or TEST
_STS = (5, 6, 4)  # columns of the STS Benchmark, which has no header
_INPUT, _GOLD, _ALL = ".input.", ".gs.", "ALL"  # of STS 2012 to 2016: names of two files, and of a set of all others
_OTHERS = ("train", "dev", "trial", "valid")  # names of files beside that of the test


class TextSimilarity(Task):
    """STS 2012 to 2016, STS Benchmark, SICK, STR-2022; tables whose header names two columns of texts and a score."""

    name = "text-similarity"
    suites = ("texts",)
    does = "rank correlation of cosines of text vectors with human ratings of pairs of texts"
    fast = False

    def recognise(self, place: Place) -> bool:
        """Two texts and a rating on each line; or two texts, and ratings in a file beside it, as in STS 2012 to 2016.

        A file for training or development is passed over beside one to test.
        """
        if _gold(place.path) is not None:
            pairs = [line.split("\t") for line in place.head]
            return 2 * sum(len(pair) >= 2 and any(map(is_text, pair[:2])) for pair in pairs) >= max(1, len(pairs))
        if not _is_table(place.head):
            return False
        name = place.path.name.lower()
        if "test" in name or not any(part in name for part in _OTHERS):
            return True
        tests = (path for path in place.path.parent.iterdir() if "test" in path.name.lower() and path.is_file())
        return not any(_is_table(Place.at(path).head) for path in tests)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The pairs, each with its rating; of a SICK file with all parts, those to test on."""
        items, unreadable = [], []
        gold = _gold(Path(path))
        for row, line in _parsed(every_line(path)) if gold is None else _rated(Path(path), gold):
            if row is None:
                unreadable.append(line)
            elif row:
                items.append(row)
        found = dataset(self.name, path, items, unreadable, "a line must hold two texts and a rating")
        return found if gold is None else replace(found, name=_name(Path(path)))

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Spearman's and Pearson's correlation. The policy says what happens to texts without a known word."""
        pairs: list[Pair] = words.policy.counted(dataset.items)
        texts = sorted({text for pair in pairs for text in pair[:2]})
        place = {text: row for row, text in enumerate(texts)}
        encoded = Texts(words).encode(texts)
        units = arrays.unit_rows(encoded.vectors)
        first, second = np.array([[place[one], place[other]] for one, other, _ in pairs]).T
        cosines = np.einsum("ij,ij->i", units[first], units[second], dtype=np.float64)
        cosines[(first == second) & encoded.has[first]] = 1
        counted = words.policy.oov in ("zero", "mean")
        used = np.flatnonzero(counted | (encoded.has[first] & encoded.has[second]))
        ratings, groups = np.array([rating for _, _, rating in pairs]), shared_words(pairs)
        return [
            of_items(
                of,
                of,
                len(pairs),
                used,
                cosines[used],
                ratings[used],
                groups=groups[used],
                share=encoded.coverage,
                headline=of == "spearman",
            )
            for of in ("spearman", "pearson")
        ]


def _gold(path: Path) -> Path | None:
    """The file of ratings beside one of pairs, STS.gs.x.txt beside STS.input.x.txt; None where there is none."""
    start, mark, end = path.name.partition(_INPUT)
    found = path.with_name(f"{start}{_GOLD}{end}")
    return found if mark and not end.startswith(f"{_ALL}.") and found.is_file() else None


def _name(path: Path) -> str:
    """The name of a set of STS 2012 to 2016 with its year, as sets of several years have the same name."""
    return f"{path.parent.name.removesuffix('-en-test')}-{name_of(path.name.partition(_INPUT)[2])}"


def _rated(path: Path, gold: Path) -> Iterator[tuple[Pair | tuple[()] | None, str]]:
    """As `_parsed`, of pairs and their ratings line by line; () where the rating is left blank, as for many pairs."""
    pairs, ratings = (list(every_line(file)) for file in (path, gold))
    if len(pairs) != len(ratings):
        raise FormatError(
            f"{gold}: there must be a line for each pair; {path.name} has {len(pairs)} lines, and this {len(ratings)}"
        )
    for line, rating in zip(pairs, ratings):
        if rating.strip() and line.strip():
            yield _pair([*line.split("\t")[:2], rating], 0, 1, 2), f"{line}\t{rating}"
        elif line.strip():
            yield (), line


def _is_table(head: Sequence[str]) -> bool:
    rows = [row for row, _ in _parsed(iter(head))]
    pairs = [row for row in rows if row]
    texts = sum(any(map(is_text, row[:2])) for row in pairs)
    return 2 * texts >= max(1, len(pairs)) and len(pairs) + rows.count(()) >= MOST * len(rows)


def _parsed(some: Iterator[str]) -> Iterator[tuple[Pair | tuple[()] | None, str]]:
    """(a pair, () for one that is of another part, None for none; the line), of lines with or without a header."""
    first = next((line for line in some if line.strip()), None)
    if first is None:
        return
    names = ["".join(letter for letter in cell.lower() if letter.isalnum()) for cell in _cells(first)]
    columns = [next((place for place, name in enumerate(names) if name in known), -1) for known in (_FIRST, _SECOND)]
    both, score = (next((place for place, name in enumerate(names) if name in known), -1) for known in (_BOTH, _SCORE))
    if score < 0 or (min(columns) < 0 and both < 0):
        for line in chain([first], some):
            if line.strip():
                yield _pair(line.split("\t"), *_STS), line
        return
    part = names.index(_PART) if _PART in names else None
    table = (line.split("\t") for line in some) if "\t" in first else csv.reader(f"{line}\n" for line in some)
    for row in table:
        if not any(cell.strip() for cell in row):
            continue
        if part is not None and len(row) > part and row[part].strip().upper() != "TEST":
            yield (), ""
        elif min(columns) >= 0:
            yield _pair(row, columns[0], columns[1], score), "\t".join(row)
        else:
            halves = row[both].strip().split("\n") if len(row) > max(both, score) else []
            yield _pair([*halves, row[score]], 0, 1, 2) if len(halves) == 2 else None, "\t".join(row)


def _cells(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else next(csv.reader([line]), [])


def _pair(row: Sequence[str], first: int, second: int, score: int) -> Pair | None:
    if len(row) <= max(first, second, score):
        return None
    rating, texts = number(row[score]), (row[first].strip(), row[second].strip())
    return None if rating is None or not all(texts) else (*texts, rating)
