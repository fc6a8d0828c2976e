"""Teachers: models given as functions from a batch of texts to vectors, whose answers are checked batch by batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import LOG
from wordvec.base.progress import progress_bar
from wordvec.outputs import open_output

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
Encode = Callable[[list[Any]], Sequence[Any]]
BATCH = 32  # items in a batch
_ROWS = 4096  # of a given array that are looked at, at a time


class Teacher:
    """A function from a batch of items to an answer for each; it is never called with an empty batch.

    `name` is the argument that it was given as, and `what` is what it is called with, for messages.
    """

    def __init__(self, encode: Encode, name: str, what: str, batch_size: int = BATCH) -> None:
        if not callable(encode):
            raise OptionError(
                f"{name} must be a function from a list of {what}s to a vector of each; got {encode!r:.60}"
            )
        self.encode, self.name, self.what = encode, name, what
        self.batch_size: int = whole_number("batch_size", batch_size)
        self.width: int | None = None

    def answers(
        self, items: Iterable[Any], total: int | None = None, progress: bool = False
    ) -> Iterator[tuple[list[Any], Sequence[Any]]]:
        """(batch, an answer for each item of it) of all items; OptionError for another number of answers."""
        source, done = iter(items), 0
        with progress_bar(total, progress, unit=f" {self.what}s") as bar:
            while batch := list(islice(source, self.batch_size)):
                answer: Any = self.encode(list(batch))
                if not hasattr(answer, "__len__") or isinstance(answer, (str, bytes)):
                    raise OptionError(
                        f"{self.name} must give a list or array with an answer for each {self.what}; got {answer!r:.60}"
                    )
                if len(answer) != len(batch):
                    raise OptionError(
                        f"{self.name} must give an answer for each {self.what}; got {len(answer)} for {len(batch)}"
                    )
                yield batch, answer
                done += len(batch)
                if bar is not None:
                    bar.update(len(batch))
        LOG.info("%s: %s %ss, %s numbers each", self.name, f"{done:,}", self.what, self.width)

    def array(self, answer: ArrayLike, item: Any) -> Wide:
        """An answer as [D] or [pieces, D]; OptionError where it is not finite, or of another width than before."""
        try:
            array = np.asarray(answer, np.float64)
        except (TypeError, ValueError):
            raise OptionError(f"{self.name} must give numbers; it gives {answer!r:.40} for {item!r:.40}") from None
        if array.ndim not in (1, 2) or not array.size or not np.isfinite(array).all():
            problem = "NaN or infinity" if array.size and array.ndim in (1, 2) else f"shape {array.shape}"
            raise OptionError(
                f"{self.name} must give finite numbers [D] or [pieces, D]; got {problem} for {item!r:.40}"
            )
        if self.width is None:
            self.width = array.shape[-1]
        if array.shape[-1] != self.width:
            raise OptionError(
                f"{self.name} must always give {self.width} numbers; got {array.shape[-1]} for {item!r:.40}"
            )
        return array

    def vectors(self, items: Iterable[Any], total: int | None = None, progress: bool = False) -> Iterator[Floats]:
        """The vectors of all items, [batch, D] for each batch; OptionError as of `array`, and for several rows."""
        for batch, answer in self.answers(items, total, progress):
            whole: Any = answer
            plain = isinstance(whole, np.ndarray) and whole.ndim == 2 and whole.dtype.kind in "fiu"
            if plain and whole.shape[1] == self.width and np.isfinite(whole).all():
                yield whole.astype(np.float32)
                continue
            rows = [self.array(one, item) for one, item in zip(answer, batch)]
            if bad := next((row.shape for row in rows if row.ndim != 1), None):
                raise OptionError(f"{self.name} must give one vector for each {self.what}; got shape {bad}")
            yield np.array(rows, np.float32)


def vectors_of(
    teacher: Encode | ArrayLike,
    texts: Iterable[Any],
    count: int,
    *,
    batch_size: int = BATCH,
    progress: bool = False,
    cache: str | os.PathLike[str] | None = None,
    name: str = "teacher",
) -> Any:
    """[count, D] the vector of each text: what a function gives, or an array that holds them already.

    With `cache` they are written to that .npy file and mapped from it, and read from it the next time: then only the
    first batch is encoded, to see that the file is of the same teacher and texts. OptionError for answers that are not
    finite or of several widths, and for an array of another length; FormatError for a file of something else.
    """
    if not callable(teacher):
        return _checked_array(teacher, count, name)
    made = Teacher(teacher, name, "text", batch_size)
    if cache is None:
        out, first = np.empty((0, 0), np.float32), 0
        for block in made.vectors(texts, count, progress):
            if not first:
                out = np.empty((count, block.shape[1]), np.float32)
            out[first : first + len(block)] = block
            first += len(block)
        return out
    path = os.fspath(cache)
    if os.path.exists(path):
        return _opened(path, next(made.vectors(texts)), count)
    with open_output(path, force=False, mapped=True) as file:
        for number, block in enumerate(made.vectors(texts, count, progress)):
            if not number:
                header = {"descr": "<f4", "fortran_order": False, "shape": (count, block.shape[1])}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(block.astype("<f4").tobytes())
    return np.load(path, mmap_mode="r")


def _opened(path: str, begin: Floats, count: int) -> Any:
    """The vectors in a file, mapped; FormatError where it holds others than those that begin so."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FormatError(f"{path}: cache must be a .npy file of a teacher's vectors; {error}") from None
    shape = (count, begin.shape[1])
    if array.shape != shape or not np.allclose(array[: len(begin)], begin, rtol=1e-3, atol=1e-4):
        raise FormatError(
            f"{path}: cache must hold the vectors of this teacher for these texts, {list(shape)}; it holds others, "
            f"{list(array.shape)}: remove the file, or give another name"
        )
    return array


def _checked_array(given: ArrayLike, count: int, name: str) -> Any:
    array: Any = given if isinstance(given, np.ndarray) else np.asarray(given)
    if array.ndim != 2 or array.dtype.kind not in "fiu" or len(array) != count or not array.shape[1]:
        raise OptionError(
            f"{name} must be a function, or an array with a row for each of {count} texts; got {array.dtype} of shape "
            f"{list(array.shape)}"
        )
    for first in range(0, count, _ROWS):
        finite = np.isfinite(array[first : first + _ROWS]).all(axis=1)
        if not finite.all():
            raise OptionError(f"{name} must be finite; row {first + int(np.argmin(finite))} holds NaN or infinity")
    return array
