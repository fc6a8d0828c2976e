"""fastText .bin and quantised .ftz, and floret's .bin: words with composed vectors, and the n-gram table."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.formats.format import Format
from wordvec.formats.io.binary_reader import BinaryReader, open_binary
from wordvec.formats.io.fasttext_model import (
    FLORET,
    LOSSES,
    MAGIC,
    MODELS,
    VERSION,
    Dictionary,
    Layout,
    Quantised,
    layout,
    read_dictionary,
    read_flag,
    read_quantised,
    read_shape,
)
from wordvec.formats.io.fasttext_writer import DEFAULTS, Dense, training_options, training_tokens, write_model
from wordvec.formats.io.row_writer import blank, checked_words, not_linear, plain_ngrams
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.rows.norms import row_blocks
from wordvec.subwords import Subwords, make_subwords
from wordvec.subwords.ngrams import MAX_N
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import CONTEXT, COUNTS, SUBWORDS, WORDS
from wordvec.vocabulary import Vocabulary

NAME = "fasttext"
Floats = NDArray[np.float32]
_BLOCK = 16 << 20  # bytes of rows copied at a time
_STEP = 1 << 16  # rows of n-grams written at a time


def recognise(source: Source) -> bool:
    """Whether the file has fastText's mark, or the layout from before there was a mark."""
    return source.head[:4] == struct.pack("<i", MAGIC) or layout(source.head) is not None


def load(source: Source, select: Selection) -> KeyedVectors:
    """The words with fastText's vectors, and the n-gram table that composes vectors for other words.

    A plain file is mapped: the vectors of words are computed, and the table stays in the file (with `mmap=False` it is
    copied into memory). A quantised table stays quantised; the vectors of words are float32. A word that `select`
    leaves out gets the vector of an unknown word. Labels and training options are in the metadata. With `mmap`, the
    output rows of words of a plain file trained with negative sampling are the `context`, also mapped, unless they are
    all zeros.
    """
    model = layout(source.head)
    if model is None or model.version not in (0, 11, VERSION):
        version = struct.unpack("<i", source.head[4:8].ljust(4, b"\0"))[0]
        raise FormatError(
            f"{source.path}: a fastText model must be of version 11 or {VERSION}, with options and a dictionary that "
            f"agree; this one is of version {version} and is damaged, or was made by a program derived from fastText"
        )
    with open_binary(source) as file:
        file.skip(model.size, "the options")
        dictionary = read_dictionary(file, model.version > 0)
        keep = select.rows(dictionary.words, source.path)
        vectors, subwords = _vectors(file, model, dictionary, keep, select.mmap)
        context = _context(file, model, dictionary, keep, select.mmap)
    words = dictionary.words if len(keep) == len(dictionary.words) else dictionary.words.take(keep)
    return KeyedVectors(words, vectors, metadata=_metadata(model, dictionary), context=context, subwords=subwords)


def _metadata(model: Layout, dictionary: Dictionary) -> dict[str, Any]:
    options = dict(model.arguments)
    options |= {"model": MODELS[options["model"]], "loss": LOSSES[options["loss"]], "tokens": dictionary.tokens}
    if not np.isfinite(options["sample"]):
        del options["sample"]
    source = {"format": NAME, "version": model.version, "rows": len(dictionary.words), **options}
    return {"source": source, **({"labels": dictionary.labels} if dictionary.labels else {})}


def _vectors(
    file: BinaryReader, model: Layout, dictionary: Dictionary, keep: NDArray[np.int64], mapped: bool
) -> tuple[Floats, Subwords | None]:
    """(vectors [K, D] of the words to keep, subwords or None)."""
    options, words = model.arguments, dictionary.words
    hashed = _has_ngrams(file, model)
    own, table = _input(file, model, dictionary, keep, options["bucket"] if hashed else 0)
    if not hashed:
        return own, None
    if isinstance(table, np.ndarray) and not mapped:
        table = np.array(table)
    is_floret = options.get("mode") == FLORET
    try:
        subwords = make_subwords(
            "floret" if is_floret else "fasttext",
            table,
            min_n=max(1, options["min_n"]),
            max_n=options["max_n"],
            bucket=options["bucket"],
            hash_count=options["hash_count"] if is_floret else 1,
            pruned=dictionary.pruned,
        )
    except OptionError as error:
        raise FormatError(f"{file.path}: {error}") from None
    kept = words if len(keep) == len(words) else words.take(keep)
    _compose(own, subwords, kept, is_floret and len(keep) > 0 and keep[0] == 0)
    file.drop(0, file.position)
    return own, subwords


def _input(
    file: BinaryReader, model: Layout, dictionary: Dictionary, keep: NDArray[np.int64], bucket: int
) -> tuple[Floats, Quantised | Floats]:
    """(own rows [K, D] of the words to keep, writable; rows of the n-grams)."""
    words, dim = len(dictionary.words), model.arguments["dim"]
    quantised = model.version > 0 and read_flag(file, "the mark of a quantised input matrix")
    if dictionary.pruned is not None and not quantised:
        raise FormatError(
            f"{file.path}: a dictionary with pruned n-grams must go with a quantised input matrix; this one is dense"
        )
    matrix = read_quantised(file, "the input matrix", dim) if quantised else None
    rows = read_shape(file, "the input matrix", dim) if matrix is None else len(matrix)
    last = words + bucket if dictionary.pruned is None else rows
    if rows < max(words, last):
        raise FormatError(
            f"{file.path}: the input matrix must have a row for each of {words} words and {last - words} n-grams; "
            f"it has {rows}"
        )
    if matrix is not None:
        return matrix[keep], matrix.part(words, last)
    own, table = _dense(file, rows, dim, words, keep)
    return own, table[: last - words]


def _has_ngrams(file: BinaryReader, model: Layout) -> bool:
    """Whether words have character n-grams; a supervised model of version 11 has none, whatever its options."""
    options = model.arguments
    if model.version == 11 and MODELS[options["model"]] == "supervised":
        return False
    low, high, bucket = max(1, options["min_n"]), options["max_n"], options["bucket"]
    if options.get("mode") != FLORET and high == 0 and bucket >= 0:
        return False
    if not 0 <= high <= MAX_N or bucket < 1 or low > MAX_N:
        raise FormatError(
            f"{file.path}: n-grams must have up to {MAX_N} characters and a bucket of at least 1; got min_n "
            f"{options['min_n']}, max_n {high}, bucket {bucket}"
        )
    return True


def _dense(file: BinaryReader, rows: int, dim: int, words: int, keep: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """(copies of the word rows to keep, the rows after all word rows: a view where the file is mapped)."""
    if file.mapped is not None:
        start = file.position
        matrix = file.take(4 * rows * dim, "the input matrix").view("<f4").reshape(rows, dim)
        own = np.empty((len(keep), dim), np.float32)
        step = max(1, _BLOCK // (4 * dim))
        for first in range(0, len(keep), step):
            part = keep[first : first + step]
            own[first : first + step] = matrix[part] if len(keep) < words else matrix[first : first + len(part)]
            file.drop(start + 4 * dim * int(part[0]), start + 4 * dim * (int(part[-1]) + 1))
        return own, matrix[words:]
    blocks, step = [], max(1, (4 << 20) // (4 * dim))
    for first in range(0, words, step):
        count = min(step, words - first)
        block = file.take(4 * count * dim, "the input matrix").view("<f4").reshape(count, dim)
        inside = keep[np.searchsorted(keep, first) : np.searchsorted(keep, first + count)] - first
        blocks.append(block if len(inside) == count else block[inside])
    own = np.concatenate(blocks) if blocks else np.empty((0, dim), np.float32)
    rest = rows - words
    return own, file.take(4 * rest * dim, "the input matrix").view("<f4").reshape(rest, dim)


def _compose(own: Floats, subwords: Subwords, words: Vocabulary, quirk: bool) -> None:
    """Turn own rows into vectors. Like its trainer, floret ignores the own rows of all words but the first."""
    if subwords.kind != "floret":
        subwords.compose_into(own, words.data, words.offsets, own=True)
        return
    first = own[:1].copy()
    subwords.compose_into(own, words.data, words.offsets)
    if quirk:
        subwords.compose_into(first, words.data, words.offsets[:2], own=True)
        own[:1] = first


def _context(
    file: BinaryReader, model: Layout, dictionary: Dictionary, keep: NDArray[np.int64], mapped: bool
) -> Floats | None:
    """The output rows of the words to keep, a view of the map; None where words have none, or only zeros.

    With hierarchical softmax output rows belong to the nodes of a tree, in a supervised model to labels.
    """
    start, words, dim = file.position, len(dictionary.words), model.arguments["dim"]
    _check_rest(file, model)
    negative = LOSSES[model.arguments["loss"]] == "ns" and MODELS[model.arguments["model"]] != "supervised"
    quantised = model.version > 0 and file.mapped is not None and bool(file.mapped[start])
    if file.mapped is None or not mapped or not negative or not words or quantised:
        return None
    start += 1 if model.version > 0 else 0
    rows = int(file.mapped[start : start + 8].view("<i8")[0])
    if rows != words:
        return None
    matrix = file.mapped[start + 16 : start + 16 + 4 * rows * dim].view("<f4").reshape(rows, dim)
    step = max(1, _BLOCK // (4 * dim))
    if not matrix[:1].any() and not any(matrix[first : first + step].any() for first in range(0, rows, step)):
        return None
    return matrix if len(keep) == words else matrix[keep]


def _check_rest(file: BinaryReader, model: Layout) -> None:
    """FormatError unless the file ends with its output matrix."""
    dim = model.arguments["dim"]
    quantised = model.version > 0 and read_flag(file, "the mark of a quantised output matrix")
    if quantised:
        read_quantised(file, "the output matrix", dim)
    else:
        file.skip(4 * read_shape(file, "the output matrix", dim) * dim, "the output matrix")
    if not file.is_at_end():
        raise FormatError(
            f"{file.path}: the file must end after its output matrix, at byte {file.position}; it goes on"
        )


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write a model that fastText loads and that gives the same vectors, also for unknown words.

    fastText's vector of a word is the mean of its own row and the rows of its n-grams, so the own row is solved from
    the vector. The output matrix is `context` where that has a row for each word, else zeros. Training options come
    from the metadata, else from fastText's defaults (`training_options`). OptionError where a word holds white space or
    NUL or is empty, or subwords are of another kind.
    """
    words = checked_words(vectors, NAME)
    if (why := refuses(vectors)) is not None:
        raise OptionError(why)
    subwords = plain_ngrams(vectors)
    dim, size = vectors.vector_size, len(words)
    lengths = (0, 0, 0) if subwords is None else (subwords.bucket, subwords.min_n, subwords.max_n)
    counts = np.ones(size, np.int64) if vectors.vocabulary.counts is None else np.maximum(vectors.vocabulary.counts, 0)
    context = vectors.context
    if context is None or misses(vectors):
        context = np.broadcast_to(np.float32(0), (size, dim))
    arguments = training_options(vectors.metadata)
    arguments |= {"dim": dim, "bucket": lengths[0], "min_n": lengths[1], "max_n": lengths[2]}
    if arguments["model"] == 3:  # vectors have no labels
        arguments |= {"model": DEFAULTS["model"], "loss": DEFAULTS["loss"]}

    def input_rows() -> Iterator[Floats]:
        yield from (_own_rows(vectors, subwords, first, block) for first, block in vectors.blocks())
        for first in range(0, lengths[0], _STEP):
            assert subwords is not None
            yield subwords.rows_of(np.arange(first, min(first + _STEP, lengths[0]), dtype=np.int32))

    output_rows = (block for _, block in row_blocks(context))
    matrices = [Dense(size + lengths[0], input_rows()), Dense(size, output_rows)]
    tokens = training_tokens(vectors.metadata, size)
    write_model(path, arguments, zip(words, counts.tolist()), [], matrices, tokens=tokens)


def refuses(vectors: KeyedVectors) -> str | None:
    """Why the subwords cannot be written; None where they can."""
    subwords = vectors.subwords
    if subwords is not None and (subwords.kind != "fasttext" or subwords.lacks_rows):
        return (
            "subwords must be of the kind 'fasttext', not pruned, to be written as a fastText model; they are "
            f"{subwords!r}: use a native file (.safetensors), which holds any"
        )
    return not_linear(vectors)


def misses(vectors: KeyedVectors) -> set[str]:
    """A context without a row for each word, as that of hierarchical softmax or of pairs."""
    context = vectors.context
    fits = vectors.contexts is None and (context is None or len(context) == len(vectors))
    return set() if fits else {CONTEXT}


def unread(path: str, vectors: KeyedVectors) -> list[str]:
    """The output matrix, where it is not the context."""
    return ["the numbers of the output matrix"] if vectors.context is None else []


def _own_rows(vectors: KeyedVectors, subwords: Subwords | None, first: int, block: Floats) -> Floats:
    """The own rows that give the vectors as means of them and of the rows of n-grams."""
    words = vectors.vocabulary
    if subwords is None:
        return block
    offsets = words.offsets[first : first + len(block) + 1]
    means = np.empty(block.shape, np.float32)
    subwords.compose_into(means, words.data, offsets)
    count = np.diff(subwords.rows(words.data, offsets)[0])[:, None].astype(np.float64)
    with np.errstate(all="ignore"):
        own: Floats = ((count + 1) * block - count * means).astype(np.float32)
    bad = np.flatnonzero((~np.isfinite(own) & np.isfinite(block)).any(1))
    if len(bad):
        raise OptionError(
            "vectors must stay float32 numbers when multiplied by the number of n-grams; that of "
            f"{words[first + int(bad[0])]!r} does not"
        )
    return own


FORMAT = Format(
    NAME,
    "fastText .bin and .ftz with n-grams (.ftz is only read), floret .bin (only read)",
    recognise,
    load,
    save,
    (".bin",),
    holds=frozenset({WORDS, COUNTS, SUBWORDS, CONTEXT}),
    kinds=(NAME,),
    unwritable=blank,
    misses=misses,
    refuses=refuses,
    unread=unread,
)
