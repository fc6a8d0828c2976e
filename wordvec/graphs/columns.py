"""Lines of two columns and perhaps a weight, as arrays: names become numbers by the encoder of corpora."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError
from wordvec.base.threads import usable_cores
from wordvec.corpus.encoder import Passes
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sources import Files, resolve
from wordvec.vocabulary import Vocabulary

_MARKS = np.frombuffer(b"#%", np.uint8)  # with which the lines of comments begin in files of graphs
_SHOWN = 3  # names that a message shows


class Columns(NamedTuple):
    """What pairs are made of: two columns of names, as numbers, and the weights."""

    vocabulary: Vocabulary  # the names of both columns
    left: NDArray[np.integer[Any]]  # [N] rows of the vocabulary
    right: NDArray[np.integer[Any]]  # [N]
    weights: NDArray[np.float64] | None  # [N] finite, not below zero; None where no weights were given


def columns_of(
    source: Any,
    kind: str,
    line: str,
    item: str,
    numbers: str,
    *,
    comments: bool = False,
    workers: int | None = None,
    progress: bool = False,
) -> Columns:
    """The columns of files, of two or three arrays, or of tuples; CorpusError for anything else.

    `kind` says in a message what is read, `line` and `item` what a line or tuple must be, `numbers` what arrays hold.
    """
    if isinstance(source, (bytes, bytearray)) or not (isinstance(source, Iterable) or is_paths(source)):
        raise CorpusError(f"{kind} must be a file of lines `{line}`, tuples or a matrix; got {source!r:.60}")
    if is_paths(source):
        return read_columns(source, line, comments=comments, workers=workers, progress=progress)
    return array_columns(source, numbers) if is_arrays(source) else listed_columns(source, item)


def is_paths(source: Any) -> bool:
    """Whether pairs are to be read from files: a path, or a list of paths."""
    if isinstance(source, (str, os.PathLike, Files)):
        return True
    return isinstance(source, (list, tuple)) and bool(source) and all(isinstance(i, (str, os.PathLike)) for i in source)


class Lines(NamedTuple):
    """The lines of files, cut at white space: line i has the words ids[starts[i]:starts[i] + widths[i]]."""

    vocabulary: Vocabulary
    ids: NDArray[np.int32]  # [tokens] of all lines
    numbers: NDArray[np.int64]  # [N] which line of the files each is, from 0
    starts: NDArray[np.int64]  # [N]
    widths: NDArray[np.int64]  # [N] one at least


def read_lines(
    source: Any, what: str, comments: bool = False, workers: int | None = None, progress: bool = False
) -> Lines:
    """The lines of files that are not blank; with `comments` without those that begin with # or %.

    `what` says in the CorpusError of files without a line what a line must be.
    """
    found = resolve(source, False)
    with scratch_folder(None) as work:
        reading = Passes(
            found,
            min_count=1,
            longest=None,
            keep_empty=True,
            workers=workers or usable_cores(),
            progress=progress,
        )
        corpus = reading.run(work)
    words, ids, offsets = corpus.vocabulary, corpus.ids, corpus.offsets
    lines = np.flatnonzero(np.diff(offsets))
    starts, widths = offsets[lines], np.diff(offsets)[lines]
    if comments:
        is_comment = np.isin(words.data[words.offsets[:-1]], _MARKS)
        stays = ~is_comment[ids[starts]]
        lines, starts, widths = lines[stays], starts[stays], widths[stays]
    if not len(starts):
        raise CorpusError(f"there must be at least one line `{what}`; there is none")
    return Lines(words, ids, lines, starts, widths)


def read_columns(
    source: Any, what: str, comments: bool = False, workers: int | None = None, progress: bool = False
) -> Columns:
    """The columns of files of lines `NAME NAME [WEIGHT]`, at white space; CorpusError names a line that is none.

    `what` says what a line must be. With `comments`, lines that begin with # or % are left out. Blank lines are, too.
    """
    words, ids, lines, starts, widths = read_lines(source, what, comments, workers, progress)
    width = int(widths[0])
    wrong = np.flatnonzero((widths != width) | (widths < 2) | (widths > 3))
    if len(wrong):
        line, got = int(wrong[0]), int(widths[wrong[0]])
        shown = " ".join(words[row] for row in ids[starts[line] : starts[line] + got].tolist())
        first = f" as the first one, which has {width}" if width in (2, 3) and got in (2, 3) else ""
        raise CorpusError(
            f"a line must be `{what}`, all lines with a weight or none; line {lines[line] + 1} has {got} "
            f"column{'s' * (got != 1)}{', not' * bool(first)}{first}: {shown!r:.80}"
        )
    weights = None if width == 2 else _weights(words, ids[starts + 2], lines)
    return Columns(words, ids[starts], ids[starts + 1], weights)


def _weights(words: Vocabulary, ids: NDArray[np.int32], lines: NDArray[np.int64]) -> NDArray[np.float64]:
    """The third column as numbers; each distinct one is read once."""
    numbers = np.zeros(len(words))
    for row in np.unique(ids).tolist():
        try:
            numbers[row] = float(words[row])
        except ValueError:
            numbers[row] = np.nan
    return _not_below_zero(numbers[ids], lambda place: (words[int(ids[place])], f"in line {lines[place] + 1}"))


def checked_weights(weights: Any, size: int) -> NDArray[np.float64]:
    """Weights [size] as float64; CorpusError where they are not finite, below zero, or not as many."""
    try:
        numbers = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        raise CorpusError(f"weights must be numbers; got {weights!r:.60}") from None
    if numbers.shape != (size,):
        raise CorpusError(f"there must be a weight for each of {size} pairs; got an array of shape {numbers.shape}")
    return _not_below_zero(numbers, lambda place: (f"{numbers[place]:g}", f"at pair {place}"))


def _not_below_zero(weights: NDArray[np.float64], tell: Callable[[int], tuple[str, str]]) -> NDArray[np.float64]:
    """The weights; CorpusError with what was given, and where, of the first that is no weight."""
    wrong = np.flatnonzero(~((weights >= 0) & (weights < np.inf)))
    if len(wrong):
        given, where = tell(int(wrong[0]))
        raise CorpusError(
            f"a weight must be a finite number that is not below zero; got {given!r:.40} {where}: a weight says how "
            "often a pair is learned"
        )
    return weights


def listed_columns(items: Iterable[Any], what: str) -> Columns:
    """The columns of pairs of names, or of triples with a weight: all of them alike."""
    listed = items if isinstance(items, list) else list(items)
    width = len(listed[0]) if listed and isinstance(listed[0], (tuple, list)) else 2
    for place, item in enumerate(listed):
        if not isinstance(item, (tuple, list)) or len(item) != width or width not in (2, 3):
            raise CorpusError(f"an item must be {what}, all with a weight or none; number {place} is {item!r:.60}")
        if not isinstance(item[0], str) or not isinstance(item[1], str):
            raise CorpusError(f"names must be str; those of number {place} are {item!r:.60}")
    if not listed:
        raise CorpusError(f"there must be at least one item {what}; there is none")
    weights = None if width == 2 else checked_weights([item[2] for item in listed], len(listed))
    return numbered(chain.from_iterable(item[:2] for item in listed), weights)


def numbered(names: Iterable[str], weights: NDArray[np.float64] | None = None) -> Columns:
    """The columns of names that come left and right in turn."""
    numbers: dict[str, int] = {}
    ids = np.fromiter((numbers.setdefault(name, len(numbers)) for name in names), np.int64)
    return Columns(Vocabulary.from_words(numbers), ids[::2], ids[1::2], weights)


def array_columns(arrays: tuple[NDArray[Any], ...], what: str) -> Columns:
    """The columns of two arrays of numbers, whose names are str(number), and perhaps one of weights."""
    left, right = arrays[:2]
    for array in (left, right):
        if array.ndim != 1 or array.dtype.kind not in "iu" or len(array) != len(left):
            raise CorpusError(
                f"{what} must be two rows of whole numbers of one length; got {array.dtype} {array.shape}"
            )
    if not len(left):
        raise CorpusError(f"{what} must hold at least one pair; they are empty")
    distinct, ids = np.unique(np.concatenate([left, right]), return_inverse=True)
    weights = checked_weights(arrays[2], len(left)) if len(arrays) > 2 else None
    names = Vocabulary.from_words([str(number) for number in distinct.tolist()])
    return Columns(names, ids[: len(left)], ids[len(left) :], weights)


def is_arrays(source: Any) -> bool:
    """Whether a source is two or three arrays."""
    return isinstance(source, tuple) and len(source) in (2, 3) and all(isinstance(part, np.ndarray) for part in source)


def is_sparse(source: Any) -> bool:
    """Whether a source is a sparse matrix of scipy, which is imported already where it is one."""
    return hasattr(source, "tocoo") and hasattr(source, "nnz") and len(getattr(source, "shape", ())) == 2
