"""finalfusion: chunks of words and n-grams, of unit rows (plain or quantised), and of norms."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.formats.format import Format
from wordvec.formats.io.binary_matrix import within_float32
from wordvec.formats.io.binary_reader import BinaryReader, open_binary
from wordvec.formats.io.matrix_and_words import choose, not_text, read_rows, text_words
from wordvec.formats.io.row_reader import MAX_DIM
from wordvec.formats.io.row_writer import not_linear, plain_ngrams
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.outputs import open_output
from wordvec.rows.norms import row_blocks, row_norms
from wordvec.subwords import Subwords, make_subwords
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import SUBWORDS, WORDS
from wordvec.vocabulary import MAX_WORDS, Vocabulary, packed

NAME = "finalfusion"
KINDS = ("fasttext", "finalfusion", "explicit")  # kinds of n-grams that are written
_MAGIC = b"FiFu"
_SIMPLE, _ARRAY, _BUCKETS, _QUANTIZED, _METADATA, _NORMS, _FASTTEXT, _EXPLICIT, _FLORET = range(1, 10)
_KINDS = {_SIMPLE: None, _BUCKETS: "finalfusion", _FASTTEXT: "fasttext", _EXPLICIT: "explicit", _FLORET: "floret"}
_U8, _F32 = 1, 10
_FLOAT = np.dtype("<f4")
_STEP = 1 << 14  # rows of n-grams written at a time
_WIDEST_CODE = 64  # dimensions of a centroid, at most, so that a small file cannot ask for much memory


@dataclass
class _Words:
    """The vocabulary of a file, and how its n-grams are found."""

    words: Vocabulary
    kind: str | None
    bucket: int = 0  # n-gram rows, after those of the words
    min_n: int = 0
    max_n: int = 0
    hash_count: int = 0
    hash_seed: int = 0
    names: Vocabulary | None = None  # explicit n-grams
    rows: NDArray[np.uint32] | None = None  # their rows, from the first n-gram row on


def recognise(source: Source) -> bool:
    """Whether the file starts with the mark of the format and a small version number."""
    return source.head[:4] == _MAGIC and source.head[5:8] == bytes(3)


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read words, rows (multiplied by their norms) and n-gram tables, which are mapped where possible.

    A quantised matrix is decoded. The TOML metadata of the file is text in `metadata["finalfusion"]`.
    """
    with open_binary(source) as file:
        return _Reader(file, select).read()


class _Reader:
    """Reads the chunks of a file in their order."""

    def __init__(self, file: BinaryReader, select: Selection) -> None:
        self.path, self.select, self.file = file.path, select, file
        self.vocab: _Words | None = None
        self.keep = np.empty(0, np.int64)
        self.duplicates = 0
        self.matrix: NDArray[np.float32] | None = None
        self.table: NDArray[np.float32] | None = None
        self.norms: NDArray[np.float32] | None = None
        self.metadata: dict[str, Any] = {}

    def read(self) -> KeyedVectors:
        magic, version, count = self.file.unpack("4sII", "a finalfusion file")
        if magic != _MAGIC or version != 0 or not 1 <= count <= 64:
            raise FormatError(f"{self.path}: a finalfusion file must be of version 0 with 1 to 64 chunks; it is not")
        for code in self.file.unpack(f"{count}I", "the list of chunks"):
            self._next(code)
        if self._listless_norms():
            self._next(_NORMS)
        if not self.file.is_at_end():
            what = f"{self.path}: the file must end after its chunks, at byte {self.file.position}; it goes on"
            if self.select.strict:
                raise FormatError(f"{what}: it is damaged, or of a later version; strict=False leaves the rest out")
            warn(f"{what}, and the rest is left out")
        return self._finish()

    def _listless_norms(self) -> bool:
        """Whether a chunk of norms follows that the header does not list, as before October 2019."""
        ahead = self.file.ahead(4).tobytes()
        return self.norms is None and self.matrix is not None and ahead == struct.pack("<I", _NORMS)

    def _next(self, code: int) -> None:
        """Read the next chunk, which must be of this kind."""
        actual, size = self.file.unpack("IQ", "the head of a chunk")
        if actual != code:
            raise FormatError(
                f"{self.path}: the chunks must be as the header lists them; {actual} is where {code} is due"
            )
        mapped = self.file.mapped
        if mapped is not None and size > len(mapped) - self.file.position:
            raise FormatError(f"{self.path}: chunk {code} must lie within the file; it says {size} bytes: cut off?")
        end = self.file.position + size
        self._chunk(code, size)
        if self.file.position != end and code != _EXPLICIT:
            raise FormatError(f"{self.path}: chunk {code} must take {size} bytes, as it says; its items do not")

    def _chunk(self, code: int, size: int) -> None:
        if code == _METADATA:
            text = self.file.take(size, "the metadata").tobytes()
            self.metadata["finalfusion"] = text.decode("utf-8", "replace")
        elif code in _KINDS:
            if self.vocab is not None:
                raise FormatError(f"{self.path}: there must be one vocabulary; there are two")
            self.vocab = _read_words(self.file, code, size)
            self.vocab.words, self.keep, self.duplicates = self._chosen(self.vocab.words)
        elif code in (_ARRAY, _QUANTIZED) and self.vocab is not None and self.matrix is None:
            self._array(size) if code == _ARRAY else self._quantized(size)
        elif code == _NORMS and self.matrix is not None:
            count, kind = self.file.unpack("QI", "the norms")
            self._check_type(kind, _F32)
            self._pad(size - 12 - 4 * count, "norms")
            if self.vocab is None or count < self.total:
                raise FormatError(f"{self.path}: the norms must be as many as the {self.total} words; they are {count}")
            self.norms = read_rows(self.file, count, 1, _FLOAT, self.keep, "the norms")
        else:
            raise FormatError(
                f"{self.path}: chunks must be words, a matrix and its norms, in this order; {code} is not"
            )

    def _chosen(self, words: Vocabulary) -> tuple[Vocabulary, NDArray[np.int64], int]:
        self.total = len(words)
        return choose(words, self.select, self.path)

    def _shape(self, rows: int, dim: int) -> None:
        assert self.vocab is not None
        if rows != self.total + self.vocab.bucket or not 1 <= dim <= MAX_DIM:
            raise FormatError(
                f"{self.path}: the matrix must have a row for each of {self.total} words and {self.vocab.bucket} "
                f"n-grams, and 1 to {MAX_DIM} numbers a row; it is {rows} x {dim}"
            )

    def _check_type(self, code: int, wanted: int) -> None:
        if code != wanted:
            raise FormatError(f"{self.path}: numbers must be of type {wanted}; the file says {code}")

    def _pad(self, size: int, what: str) -> None:
        """Skip the padding that aligns floats to four bytes: up to 4 bytes."""
        if not 0 <= size <= 4:
            raise FormatError(f"{self.path}: the chunk of the {what} must be as long as its numbers; it is not")
        self.file.skip(size, what)

    def _array(self, size: int) -> None:
        rows, dim, kind = self.file.unpack("QII", "the matrix")
        self._check_type(kind, _F32)
        self._shape(rows, dim)
        self._pad(size - 16 - 4 * rows * dim, "matrix")
        total = self.total
        if self.select.mmap and self.file.mapped is not None and self.file.position % 4 == 0:
            whole = self.file.take(4 * rows * dim, "the matrix").view(_FLOAT).reshape(rows, dim)
            self.matrix = whole[:total] if len(self.keep) == total else whole[self.keep]
            self.table = whole[total:]
            return
        self.matrix = read_rows(self.file, total, dim, _FLOAT, self.keep, "the rows of the words")
        self.table = self._floats(rows - total, dim, "the rows of the n-grams")

    def _quantized(self, size: int) -> None:
        head = self.file.unpack("IIIIIQII", "the quantised matrix")
        projected, normed, width, dim, centroids, rows, codes_type, type_ = head
        self._check_type(codes_type, _U8)
        self._check_type(type_, _F32)
        self._shape(rows, dim)
        if not 1 <= width <= dim or dim % width or not 1 <= centroids <= 256 or dim > width * _WIDEST_CODE:
            raise FormatError(
                f"{self.path}: quantised rows must be of 1 to 256 centroids in parts of equal width of at most "
                f"{_WIDEST_CODE}; {dim} numbers are in {width} parts of {centroids} centroids"
            )
        floats = (dim * dim if projected else 0) + centroids * dim + (rows if normed else 0)
        self._pad(size - 36 - 4 * floats - rows * width, "quantised matrix")
        projection = self._floats(dim, dim, "the projection") if projected else None
        codebook = self._floats(width * centroids, dim // width, "the centroids").reshape(width, centroids, -1)
        norms = self._floats(rows, 1, "the norms of the quantised rows") if normed else None
        byte = np.dtype("u1")
        own = read_rows(self.file, self.total, width, byte, self.keep, "the codes of the words")
        codes = np.concatenate([own, read_rows(self.file, rows - self.total, width, byte, None, "the other codes")])
        if codes.size and int(codes.max()) >= centroids:
            raise FormatError(f"{self.path}: codes must be below {centroids}, the centroids; one is {codes.max()}")
        decoded = np.empty((len(codes), dim), np.float32)
        with np.errstate(all="ignore"):  # a damaged file may hold any floats
            for first, block in row_blocks(codes):
                values = codebook[np.arange(width), block].reshape(len(block), dim)
                values = values if projection is None else values @ projection.T
                decoded[first : first + len(block)] = values
            if norms is not None:
                with within_float32(self.path):
                    decoded *= np.concatenate([norms[self.keep], norms[self.total :]])
        self.matrix, self.table = decoded[: len(self.keep)], decoded[len(self.keep) :]

    def _floats(self, rows: int, dim: int, what: str) -> NDArray[np.float32]:
        return read_rows(self.file, rows, dim, _FLOAT, None, what)

    def _finish(self) -> KeyedVectors:
        vocab, matrix, table = self.vocab, self.matrix, self.table
        if vocab is None or matrix is None or table is None:
            raise FormatError(f"{self.path}: a finalfusion file must have words and a matrix; it lacks one of them")
        if self.norms is not None:
            with within_float32(self.path):
                matrix = np.multiply(matrix, self.norms, dtype=np.float32)
        subwords = None if vocab.kind is None else _subwords(self.path, vocab, table)
        self.metadata["source"] = {"format": NAME, "rows": self.total, "duplicates": self.duplicates}
        return KeyedVectors(vocab.words, matrix, metadata=self.metadata, subwords=subwords)


def _subwords(path: str, vocab: _Words, table: NDArray[np.float32]) -> Subwords:
    options: dict[str, Any] = {"min_n": vocab.min_n, "max_n": vocab.max_n, "bucket": vocab.bucket}
    if vocab.kind == "floret":
        options |= {"hash_count": vocab.hash_count, "hash_seed": vocab.hash_seed}
    if vocab.kind == "explicit":
        options |= {"names": vocab.names, "rows": vocab.rows}
    try:
        return make_subwords(str(vocab.kind), table, **options)
    except OptionError as error:
        raise FormatError(f"{path}: {error}") from None


def _read_words(file: BinaryReader, code: int, size: int) -> _Words:
    """Read a vocabulary chunk of any kind."""
    body = _Body(file.take(size, "the vocabulary").tobytes(), file.path)
    names = rows = None
    hashes = seed = least = most = bucket = 0
    if code == _FLORET:
        least, most, bucket, hashes, seed = body.unpack("IIQII")
        words: list[bytes] = []
        if body.strings(2)[0] != [b"<", b">"]:
            raise FormatError(f"{file.path}: words must be put between < and >, as floret does; these are not")
    elif code == _EXPLICIT:
        count, grams, least, most = body.unpack("QQII")
        words, _ = body.strings(count)
        start = body.at
        try:
            listed, indices = body.strings(grams, "Q")
        except FormatError:  # finalfusion for Python writes a size without the rows
            body.at, body.data = start, body.data + file.take(grams * 8, "the rows of the n-grams").tobytes()
            listed, indices = body.strings(grams, "Q")
        bucket = max(indices, default=-1) + 1
        if bucket > grams or len(set(listed)) < grams:
            raise FormatError(f"{file.path}: n-grams must be distinct, with rows below their number; they are not")
        names, rows = Vocabulary(*packed(listed)), np.array(indices, np.uint32)
    else:
        (count,) = body.unpack("Q")
        if code != _SIMPLE:
            least, most, bucket = body.unpack("III")
        if code == _BUCKETS:
            bucket = 1 << min(bucket, 32)
        words, _ = body.strings(count)
    if bucket > MAX_WORDS or body.at != len(body.data):
        raise FormatError(f"{file.path}: the vocabulary must end with its chunk, its n-grams be fewer than 2^31")
    return _Words(Vocabulary(*packed(words)), _KINDS[code], bucket, least, most, hashes, seed, names, rows)


class _Body:
    """Reads the bytes of a vocabulary chunk."""

    def __init__(self, data: bytes, path: str) -> None:
        self.data, self.path, self.at = data, path, 0

    def unpack(self, form: str) -> tuple[int, ...]:
        try:
            numbers = struct.unpack_from(f"<{form}", self.data, self.at)
        except struct.error:
            raise self._short() from None
        self.at += struct.calcsize(f"<{form}")
        return numbers

    def strings(self, count: int, index: str = "") -> tuple[list[bytes], list[int]]:
        """The next `count` strings, each after its length; with `index`, an integer of that kind after each."""
        data, at, strings, indices = self.data, self.at, [], []
        width = 8 if index else 0
        if count * (4 + width) > len(data) - at:
            raise self._short()
        for _ in range(count):
            start = at + 4
            at = start + int.from_bytes(data[at:start], "little")
            strings.append(data[start:at])
            if width:
                indices.append(int.from_bytes(data[at : at + width], "little"))
                at += width
            if at > len(data):
                raise self._short()
        self.at = at
        return strings, indices

    def _short(self) -> FormatError:
        return FormatError(f"{self.path}: the words must fill their chunk of {len(self.data)} bytes; they go beyond it")


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write words, unit rows, norms and the n-gram table, if there is one.

    Rows are stored apart from their norms, so numbers read back with a relative error of 1e-7.
    """
    words, subwords = text_words(vectors, NAME), plain_ngrams(vectors)
    if (why := refuses(vectors)) is not None:
        raise OptionError(why)
    code, head, tail, bucket = _vocabulary(subwords)
    strings = b"".join(b"".join((struct.pack("<I", len(word)), word)) for word in words)
    rows, dim = len(words), vectors.vector_size
    text = vectors.metadata.get("finalfusion")
    with open_output(path) as file:
        codes = [_METADATA] * isinstance(text, str) + [code, _ARRAY, _NORMS]
        file.write(_MAGIC + struct.pack(f"<II{len(codes)}I", 0, len(codes), *codes))
        if isinstance(text, str):
            _write_chunk(file, _METADATA, text.encode("utf-8", "replace"))
        _write_chunk(file, code, struct.pack("<Q", rows) + head + strings + tail)
        padding = 4 - (file.tell() + 4) % 4
        size = 16 + padding + 4 * (rows + bucket) * dim
        file.write(struct.pack("<IQQII", _ARRAY, size, rows + bucket, dim, _F32) + bytes(padding))
        norms = np.empty(rows, "<f4")
        for first, block in vectors.blocks():
            lengths = row_norms(block)
            norms[first : first + len(block)] = lengths
            units = np.divide(block, lengths[:, None], out=np.zeros(block.shape, "<f4"), where=lengths[:, None] > 0)
            file.write(units.tobytes())
        for first in range(0, bucket, _STEP):
            assert subwords is not None
            buckets = np.arange(first, min(first + _STEP, bucket), dtype=np.int32)
            file.write(np.ascontiguousarray(subwords.rows_of(buckets), "<f4").tobytes())
        padding = 4 - (file.tell() + 4) % 4
        file.write(struct.pack("<IQQI", _NORMS, 12 + padding + 4 * rows, rows, _F32) + bytes(padding))
        file.write(norms.tobytes())


def _write_chunk(file: BinaryIO, code: int, body: bytes) -> None:
    file.write(struct.pack("<IQ", code, len(body)))
    file.write(body)


def refuses(vectors: KeyedVectors) -> str | None:
    """Why the subwords cannot be written; None where they can."""
    subwords = vectors.subwords
    if subwords is None:
        return None
    if subwords.lacks_rows:
        return (
            "n-grams must all have rows to be written as finalfusion; those of a pruned table have not: use a native "
            "file (.safetensors), or leave them out by vectors.without('subwords')"
        )
    if subwords.kind not in KINDS:
        return (
            f"n-grams beside words must be of kind fasttext, finalfusion or explicit; got {subwords.kind}: "
            "use a native file (.safetensors), or leave them out by vectors.without('subwords')"
        )
    return not_linear(vectors)


def _vocabulary(subwords: Subwords | None) -> tuple[int, bytes, bytes, int]:
    """(code of the chunk, bytes before the words, bytes after the words, n-gram rows)."""
    if subwords is None:
        return _SIMPLE, b"", b"", 0
    lengths, bucket = (subwords.min_n, subwords.max_n), subwords.bucket
    if subwords.kind == "fasttext":
        return _FASTTEXT, struct.pack("<III", *lengths, bucket), b"", bucket
    if subwords.kind == "finalfusion":
        return _BUCKETS, struct.pack("<III", *lengths, bucket.bit_length() - 1), b"", bucket
    tensors = subwords.tensors()
    data, ends = tensors["data"].tobytes(), tensors["offsets"].tolist()
    rows = tensors.get("row", np.arange(len(ends) - 1)).tolist()
    names = [data[a:b] for a, b in pairwise(ends)]
    tail = b"".join(struct.pack("<I", len(name)) + name + struct.pack("<Q", row) for name, row in zip(names, rows))
    return _EXPLICIT, struct.pack("<QII", len(names), *lengths), tail, max(rows, default=-1) + 1


FORMAT = Format(
    NAME,
    "finalfusion, with n-grams; quantised ones are read",
    recognise,
    load,
    save,
    (".fifu",),
    holds=frozenset({WORDS, SUBWORDS}),
    kinds=KINDS,
    unwritable=not_text,
    refuses=refuses,
)
