"""Folders of spaCy and sense2vec: rows as a numpy array, hashes as keys, and a list of strings."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.formats.format import Format
from wordvec.formats.io.matrix_and_words import choose
from wordvec.formats.io.npy import open_npy
from wordvec.formats.io.row_reader import MAX_DIM
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source, open_source
from wordvec.subwords import HashedNGrams
from wordvec.subwords.features import string_numbers
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary, packed

NAME = "spacy"
_PLACES = ("", "vocab")  # the folder of the files in vectors and in pipelines
_ROWS, _KEYS, _STRINGS, _CONFIG, _COUNTS = "vectors", "key2row", "strings.json", "vectors.cfg", "freqs.json"
_STEPS = {0xCC: "B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q"}  # msgpack's integers: mark to struct code


def recognise(source: Source) -> bool:
    """Whether the folder has rows, keys and strings where spaCy or sense2vec puts them."""
    return source.is_folder and _place(source.path) is not None


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the strings that have a row as words, in row order; of a floret table, the table.

    spaCy's own symbols, such as NOUN, have keys that are not hashes, so their rows have no word; their number is in
    `metadata["source"]`. The counts are sense2vec's frequencies.
    """
    place = _place(source.path)
    if place is None:
        raise FormatError(f"{source.path}: a folder of spaCy must have {_ROWS}, {_KEYS} and {_STRINGS}; it lacks one")
    rows = open_npy(os.path.join(place, _ROWS))
    if rows.ndim != 2 or not 1 <= rows.shape[1] <= MAX_DIM or rows.dtype.kind != "f":
        raise FormatError(f"{place}: {_ROWS} must be a matrix of numbers; it is {rows.dtype} {list(rows.shape)}")
    config = _json(os.path.join(place, _CONFIG)) if os.path.isfile(os.path.join(place, _CONFIG)) else {}
    if isinstance(config, dict) and config.get("mode") == "floret":
        return _floret(place, rows, config, select)
    keys, own = _key_rows(os.path.join(place, _KEYS), len(rows))
    strings = _json(os.path.join(place, _STRINGS))
    if not isinstance(strings, list) or not all(isinstance(text, str) for text in strings):
        raise FormatError(f"{place}: {_STRINGS} must be a list of strings; it is not")
    texts = [text.encode("utf-8", "surrogatepass") for text in strings]
    order = np.argsort(keys)
    hashes = hashes_of(texts)
    at = np.minimum(np.searchsorted(keys, hashes, sorter=order), max(0, len(keys) - 1))
    named = np.flatnonzero(keys[order[at]] == hashes) if len(keys) else np.zeros(0, np.int64)
    word_rows = own[order[at[named]]] if len(keys) else named
    by_row = np.argsort(word_rows, kind="stable")
    named, word_rows = named[by_row], word_rows[by_row]
    counts = _counts(place, hashes[named])
    data, offsets = packed([texts[i] for i in named.tolist()])
    kept, keep, repeated = choose(Vocabulary(data, offsets, counts), select, source.path)
    with np.errstate(over="ignore"):
        matrix = np.asarray(rows[word_rows[keep]], np.float32)
    facts = {"format": NAME, "rows": len(rows), "duplicates": repeated, "without_word": len(keys) - len(named)}
    return KeyedVectors(kept, matrix, metadata={"source": facts})


def hashes_of(texts: list[bytes]) -> NDArray[np.uint64]:
    """[n] the 64-bit hashes of UTF-8 strings in spaCy's string store."""
    return string_numbers(*packed(texts))


def _place(folder: str) -> str | None:
    places = (os.path.join(folder, name) if name else folder for name in _PLACES)
    files = (_ROWS, _KEYS, _STRINGS)
    return next((place for place in places if all(os.path.isfile(os.path.join(place, name)) for name in files)), None)


def _floret(place: str, rows: NDArray[Any], config: dict[str, Any], select: Selection) -> KeyedVectors:
    """The floret table, and the selected words."""
    if select.limit is not None or select.min_count is not None:
        raise OptionError(f"limit and min_count must be left out where a folder has no words; {place} has none")
    names = {"min_n": "minn", "max_n": "maxn", "hash_count": "hash_count", "hash_seed": "hash_seed"}
    options = {name: config.get(theirs) for name, theirs in names.items()}
    edges = config.get("bow"), config.get("eow")
    if any(type(value) is not int for value in options.values()) or edges != ("<", ">"):
        raise FormatError(f"{place}: {_CONFIG} must have the options of floret, and words between < and >; it has not")
    try:
        subwords = HashedNGrams("floret", np.asarray(rows, np.float32), **options)  # type: ignore[arg-type]
    except OptionError as error:
        raise FormatError(f"{place}: {error}") from None
    words = select.words or Vocabulary.from_words([])
    matrix = np.empty((len(words), subwords.vector_size), np.float32)
    subwords.compose_into(matrix, words.data, words.offsets)
    return KeyedVectors(words, matrix, metadata={"source": {"format": NAME, "rows": len(rows)}}, subwords=subwords)


def _key_rows(path: str, rows: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """(hashes, rows) from a msgpack map."""
    with open_source(path).open() as stream:
        data = stream.read()
    problem = f"{path}: the file must be a map of hashes to {rows} rows; it is not"
    size = {0xDE: (">H", 3), 0xDF: (">I", 5)}.get(data[0] if data else 0)
    try:
        count = (data[0] & 15) if size is None else struct.unpack_from(size[0], data, 1)[0]
        if not data or (size is None and data[0] & 0xF0 != 0x80) or 2 * count > len(data):
            raise FormatError(problem)
        numbers = np.fromiter(_integers(data, 1 if size is None else size[1], 2 * count), np.uint64)
    except (struct.error, IndexError, ValueError):
        raise FormatError(problem) from None
    keys, own = numbers[::2].copy(), numbers[1::2]
    if len(own) and int(own.max()) >= rows:
        raise FormatError(problem)
    return keys, own.astype(np.int64)


def _integers(data: bytes, at: int, count: int) -> Iterator[int]:
    """`count` integers from 0 on; ValueError for other values, and where data follow them."""
    for _ in range(count):
        mark, at = data[at], at + 1
        if mark < 0x80:
            yield mark
            continue
        if mark not in _STEPS:
            raise ValueError(mark)
        yield struct.unpack_from(_STEPS[mark], data, at)[0]
        at += 1 << (mark - 0xCC)
    if at != len(data):
        raise ValueError(at)


def _counts(place: str, hashes: NDArray[np.uint64]) -> NDArray[np.int64] | None:
    """[n] the counts of strings; None unless sense2vec has one for each."""
    path = os.path.join(place, _COUNTS)
    pairs: Any = _json(path) if os.path.isfile(path) else ()
    known: dict[int, int] = {}
    with suppress(TypeError, ValueError):
        known = {int(key): count for key, count in pairs if type(count) is int and 0 <= count < 2**63}
    counts = [known.get(key) for key in hashes.tolist()]
    return None if not counts or None in counts else np.array(counts, np.int64)


def _json(path: str) -> Any:
    try:
        with open_source(path).open() as stream:
            return json.loads(stream.read().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: the file must be JSON; {error}") from None


FORMAT = Format(
    NAME,
    "a folder of spaCy or sense2vec, read only",
    recognise,
    load,
)
