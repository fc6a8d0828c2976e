"""The index from the bytes of a word to its row: a hash table or, where hashes collide, the sorted rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import words as kernel
from wordvec.base.errors import FormatError, OptionError

# In a table at most half full, the longest of a million probes is about 60; more are a sign of words made to collide.
MOST_PROBES = 1024
_PROBES_A_WORD = 16  # allowed on average; 1.5 are usual
_PROBES = 1 << 16  # allowed in addition
_PREFIX_BLOCK = 1 << 15  # words looked at together for a prefix


class WordIndex:
    """Finds words in their packed bytes, data[offsets[i]:offsets[i+1]].

    `table` [2^k] uint32 holds row + 1 of a word at slot CRC-32 & (2^k - 1) or the next free one; 0 is empty. Words can
    be made to share a CRC-32; where look-ups would need too many probes, `order` [V] uint32 is used instead: the rows
    sorted by the bytes of their words, for binary search. Both may come from a damaged file.
    """

    __slots__ = ("finder", "max_probe", "order", "table")

    def __init__(
        self,
        data: NDArray[np.uint8],
        offsets: NDArray[np.int64],
        table: NDArray[np.uint32] | None,
        max_probe: int = 0,
        order: NDArray[np.uint32] | None = None,
    ) -> None:
        self.table, self.max_probe, self.order = table, max_probe, order
        none = np.empty(0, np.uint32)
        # Compiled: a random word of a million takes 0.7 microseconds; probing memoryviews from Python took 1.4.
        self.finder = kernel.Finder(
            data, offsets, none if table is None else table, max_probe, none if order is None else order
        )

    @classmethod
    def build(cls, data: NDArray[np.uint8], offsets: NDArray[np.int64], slots: int | None = None) -> WordIndex:
        """Build the index of words; OptionError names a word that is repeated."""
        size = len(offsets) - 1
        try:
            check_rising(offsets)
        except FormatError as error:
            raise OptionError(str(error)) from None
        table = np.zeros(slots or max(2, 1 << (2 * size - 1).bit_length()), np.uint32)
        most = _PROBES_A_WORD * size + _PROBES
        probe, first, second = kernel.build_index(data, offsets, np.empty(size, np.uint32), table, MOST_PROBES, most)
        if second >= 0:
            raise _twice(data, offsets, first, second)
        if probe >= 0:
            table.flags.writeable = False
            return cls(data, offsets, table, int(probe))
        return cls(data, offsets, None, 0, in_order(data, offsets))

    def tensors(self) -> dict[str, NDArray[np.uint32]]:
        """The arrays that a file stores, by name."""
        return {name: array for name, array in (("hash", self.table), ("order", self.order)) if array is not None}


def in_order(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
    """[V] the rows sorted by the bytes of their words; OptionError names a word that is repeated."""
    blob, ends = data.tobytes(), offsets.tolist()
    rows: dict[bytes, int] = {}
    for row in range(len(ends) - 1):
        first = rows.setdefault(blob[ends[row] : ends[row + 1]], row)
        if first != row:
            raise _twice(data, offsets, first, row)
    order = np.array([rows[word] for word in sorted(rows)], np.uint32)
    order.flags.writeable = False
    return order


def rows_with_prefix(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], prefix: bytes, topn: int
) -> NDArray[np.int64]:
    """[n] the first `topn` rows whose words begin with a prefix; FormatError where an offset that is read is wrong."""
    found, missing = [np.empty(0, np.int64)], topn
    for first in range(0, len(offsets) - 1, _PREFIX_BLOCK):
        if missing <= 0:
            break
        bounds = offsets[first : first + _PREFIX_BLOCK + 1]
        check_rising(bounds)
        if bounds[0] < 0 or bounds[-1] > len(data):
            raise FormatError(f"offsets must lie within the {len(data)} bytes of the words; they do not")
        rows = np.flatnonzero(np.diff(bounds) >= len(prefix))
        for place, byte in reversed([*enumerate(prefix)]):  # the last byte that was typed leaves fewest
            if not len(rows):
                break
            rows = rows[data[bounds[rows] + place] == byte]
        found.append(rows[:missing] + first)
        missing -= len(rows)
    return np.concatenate(found)


def check_rising(offsets: NDArray[np.int64]) -> None:
    """FormatError where offsets fall. They are compared, as a difference could overflow int64."""
    falls = np.flatnonzero(offsets[1:] < offsets[:-1])
    if len(falls):
        raise FormatError(f"offsets must never fall; they do at word {int(falls[0])}")


def _twice(data: NDArray[np.uint8], offsets: NDArray[np.int64], first: int, second: int) -> OptionError:
    word: Any = data[offsets[second] : offsets[second + 1]].tobytes().decode("utf-8", "surrogateescape")
    return OptionError(f"words must be distinct; {word!r} is word {first} and word {second}: drop one of them")
