"""Words to rows: the rows of a table that the n-grams of words have, in CSR form, and the means of those rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rows as kernel
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.vocabulary import Vocabulary

Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

SEED = 2166136261  # of floret; also where FNV-1a of 32 bits starts
MAX_ROWS = 2**31 - 1  # rows are int32
MAX_N = 255  # characters; longer n-grams are damage
_STEP = 1 << 14  # words of a task; fewer are done before another thread has started


@dataclass(frozen=True)
class HashFunction:
    """The facts about a hash function of n-grams that the code needs."""

    number: int  # of the kernel
    edges: bool = False  # `<` and `>` alone are n-grams
    whole: bool = False  # the padded word itself is hashed besides its n-grams
    of_bytes: bool = False  # n-grams are runs of bytes, not of characters
    code_points: bool = False  # the kernel needs room for code points
    masked: bool = False  # `bucket` must be a power of two
    most_hashes: int = 1  # rows of an n-gram
    prunable: bool = False  # files exist whose tables lack rows
    reducible: bool = False  # tables can be made smaller: an n-gram has one row, and formats can store the result


# To add a hash function: a function of the kernel and a line here.
HASH_FUNCTIONS = {
    "fasttext": HashFunction(kernel.FASTTEXT, prunable=True, reducible=True),
    "floret": HashFunction(kernel.FLORET, whole=True, most_hashes=4),
    "finalfusion": HashFunction(kernel.FINALFUSION, edges=True, code_points=True, masked=True),
    "bytes": HashFunction(kernel.BYTES, edges=True, of_bytes=True),
    "gensim": HashFunction(kernel.GENSIM, edges=True, code_points=True, prunable=True),
}


@dataclass(frozen=True)
class NGramHash:
    """How the n-grams of a word become rows of a table of `bucket` rows.

    A word is read as `<word>`; its n-grams are all runs of `min_n` to `max_n` characters, in the order of fastText:
    by where they start, then by length. `kind` names the hash function:

    - "fasttext": FNV-1a of 32 bits over sign-extended bytes, modulo `bucket` (Bojanowski et al. 2017,
      https://arxiv.org/abs/1607.04606). `<` and `>` alone are not n-grams; the word `</s>` has none.
    - "floret": MurmurHash3 x64 128 with `hash_seed`; its first `hash_count` 32-bit words modulo `bucket` are the rows
      of an n-gram. The whole `<word>` comes first. This is how floret trains; spaCy's reader of floret tables
      differs where `min_n` is 1, as it counts `<` and `>` as n-grams.
    - "finalfusion": FNV-1a of 64 bits over the length and the code points, masked to `bucket`, a power of two. `<` and
      `>` alone are n-grams.
    - "bytes": FNV-1a of 64 bits, modulo `bucket`, of runs of bytes, not characters (byteSteady: Zhang, Drouin, Li 2021,
      https://arxiv.org/abs/2106.13302). `<` and `>` alone are n-grams.
    - "gensim": FNV-1a of 32 bits over code points, modulo `bucket`, as in gensim before 3.8; for ASCII it equals
      fastText's. `<` and `>` alone are n-grams.

    OptionError where an option is out of its bounds.
    """

    kind: str = "fasttext"
    min_n: int = 3
    max_n: int = 6
    bucket: int = 2_000_000
    hash_count: int = 1
    hash_seed: int = SEED

    def __post_init__(self) -> None:
        if self.kind not in HASH_FUNCTIONS:
            raise OptionError(f"kind must be one of {', '.join(HASH_FUNCTIONS)}; got {self.kind!r}")
        check_lengths(self.min_n, self.max_n)
        if self.function.masked and (self.bucket < 1 or self.bucket & (self.bucket - 1)):
            raise OptionError(f"bucket must be a power of two for {self.kind}; got {self.bucket}")
        most = self.function.most_hashes
        bounds = {"bucket": (1, MAX_ROWS), "hash_count": (1, most), "hash_seed": (0, 2**32 - 1)}
        for name, (least, greatest) in bounds.items():
            if not least <= getattr(self, name) <= greatest:
                raise OptionError(f"{name} must be {least} to {greatest} for {self.kind}; got {getattr(self, name)}")

    @property
    def function(self) -> HashFunction:
        """The facts about its hash function."""
        return HASH_FUNCTIONS[self.kind]

    @property
    def edges(self) -> bool:
        """Whether `<` and `>` alone are n-grams."""
        return self.function.edges

    @property
    def whole(self) -> bool:
        """Whether the padded word itself is hashed besides its n-grams."""
        return self.function.whole


def check_lengths(min_n: int, max_n: int) -> None:
    """OptionError where the lengths of n-grams are out of bounds."""
    if not 1 <= min_n <= max_n <= MAX_N:
        raise OptionError(f"min_n and max_n must be 1 to {MAX_N}, min_n the lower; got {min_n} and {max_n}")


def word_rows(
    data: Bytes,
    offsets: Int64,
    hashing: NGramHash,
    *,
    own: int | None = None,
    base: int = 0,
    workers: int | None = None,
) -> tuple[Int64, Int32]:
    """The rows of packed words in CSR form: indptr [N+1] int64 and rows int32; word i has rows[indptr[i]:indptr[i+1]].

    Word i is data[offsets[i]:offsets[i+1]]. With `own`, the first row of word i is `own` + i. `base` is added to the
    rows of n-grams: fastText's input matrix has the words first, so there `own` is 0 and `base` the number of words.
    A word has about twelve rows: split a large vocabulary into blocks to save memory.

    >>> words = Vocabulary.from_words(["no", "</s>"])
    >>> indptr, rows = word_rows(words.data, words.offsets, NGramHash(min_n=3, max_n=4, bucket=100), own=0, base=2)
    >>> indptr.tolist(), rows.tolist()
    ([0, 4, 5], [0, 26, 84, 30, 1])
    """
    size, longest = checked_offsets(data, offsets)
    if base < 0 or base + hashing.bucket > MAX_ROWS or (own or 0) + size > MAX_ROWS:
        raise OptionError(f"rows must be below {MAX_ROWS}; got {base} + {hashing.bucket} and {own or 0} + {size}")
    indptr = np.zeros(size + 1, np.int64)
    lengths = (hashing.min_n, hashing.max_n, hashing.edges)
    exempt, single = not hashing.edges, hashing.function.of_bytes

    def count(first: int, last: int) -> None:
        own_rows, into = int(own is not None), indptr[first + 1 : last + 1]
        part = offsets[first : last + 1]
        kernel.count(data, part, *lengths, hashing.whole, hashing.hash_count, exempt, own_rows, single, into)

    def fill(first: int, last: int) -> None:
        text = np.empty(longest + kernel.PADDING, np.uint8)
        points = np.empty(len(text) if hashing.function.code_points else 1, np.uint32)
        kind, first_own = hashing.function.number, -1 if own is None else own + first
        part, options = offsets[first : last + 1], (hashing.bucket, hashing.hash_count, hashing.hash_seed)
        into = indptr[first : last + 1]
        kernel.fill(kind, data, part, *lengths, *options, exempt, first_own, base, into, rows, text, points)

    _in_ranges(count, size, workers)
    np.cumsum(indptr, out=indptr)
    rows = np.empty(indptr[-1], np.int32)
    _in_ranges(fill, size, workers)
    return indptr, rows


def ngram_strings(
    data: Bytes, offsets: Int64, min_n: int, max_n: int, edges: bool = False
) -> tuple[Int64, Bytes, Int64]:
    """The n-grams of packed words, packed: indptr [N+1], then their bytes and offsets; `edges` counts `<` and `>`."""
    size, longest = checked_offsets(data, offsets)
    check_lengths(min_n, max_n)
    indptr, text, sizes = (
        np.zeros(size + 1, np.int64),
        np.empty(longest + kernel.PADDING, np.uint8),
        np.empty(size, np.int64),
    )
    kernel.count(data, offsets, min_n, max_n, edges, False, 1, False, 0, False, indptr[1:])
    np.cumsum(indptr, out=indptr)
    kernel.ngram_sizes(data, offsets, min_n, max_n, edges, sizes, text)
    out, ends = np.empty(int(sizes.sum()), np.uint8), np.zeros(indptr[-1] + 1, np.int64)
    kernel.ngrams(data, offsets, min_n, max_n, edges, out, ends[1:], text)
    return indptr, out, ends


def listed_rows(
    data: Bytes, offsets: Int64, min_n: int, max_n: int, names: Vocabulary, rows: NDArray[Any] | None = None
) -> tuple[Int64, Int32]:
    """As `word_rows`, for n-grams listed by name: n-gram i of `names` has row rows[i], or i.

    `<` and `>` alone are n-grams; n-grams that are not listed have no row.
    """
    indptr, grams, ends = ngram_strings(data, offsets, min_n, max_n, edges=True)
    places = names.rows_of(grams, ends)
    indptr, places = kept_rows(indptr, places, places >= 0)
    return indptr, (places if rows is None else rows[places]).astype(np.int32)


def kept_rows(indptr: Int64, rows: NDArray[Any], keep: NDArray[np.bool_]) -> tuple[Int64, NDArray[Any]]:
    """The CSR form without the rows where `keep` is false."""
    before = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(keep, out=before[1:])
    return before[indptr], rows[keep]


def mean_rows(
    table: NDArray[np.float32],
    indptr: Int64,
    rows: Int32,
    out: NDArray[np.float32],
    *,
    own: bool = False,
    workers: int | None = None,
) -> None:
    """Write the mean of each word's rows of `table` [R, D] into `out` [N, D]; zeros for a word without rows.

    Rows are added in order in float32, then multiplied by 1 / their number, which gives fastText's floats. With `own`,
    `out` holds a first row for each word. The table may be strided and unaligned, as in a mapped file. The rows are
    not checked: they must be below R.
    """
    if out.shape != (len(indptr) - 1, table.shape[1]):
        raise OptionError(f"out must be {len(indptr) - 1} x {table.shape[1]} numbers; got {out.shape}")
    data = table.view(np.uint8) if len(table) else np.empty((0, 4), np.uint8)

    def work(first: int, last: int) -> None:
        kernel.means(data, indptr[first : last + 1], rows, own, out[first:last])

    _in_ranges(work, len(out), workers, 1 << 10)


def checked_offsets(data: Bytes, offsets: Int64) -> tuple[int, int]:
    """(number of words, bytes of the longest) of packed words; OptionError where the offsets are damaged."""
    if len(offsets) < 1 or offsets[0] < 0 or offsets[-1] > len(data) or (offsets[1:] < offsets[:-1]).any():
        raise OptionError(f"offsets must rise within the {len(data)} bytes of the words; they do not")
    return len(offsets) - 1, int(np.diff(offsets).max(initial=0))


def _in_ranges(work: Callable[[int, int], None], size: int, workers: int | None, step: int = _STEP) -> None:
    """Call work(first, last) for ranges of 0 to `size`, in threads where there are several."""
    if size <= step or workers == 1:
        if size:
            work(0, size)
        return
    threads = min(usable_cores() if workers is None else workers, -(-size // step))
    with thread_pool(threads) as pool:
        parts = ((first, min(first + step, size)) for first in range(0, size, step))
        for _ in in_order(pool, lambda part: work(*part), parts, 4 * threads):
            pass
