"""Files of vectors: a table of formats. Files are read by their content and written by their suffix."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from wordvec.base.arguments import is_one_of
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.base.tables import Table
from wordvec.formats.format import Format
from wordvec.formats.io.selection import Selection, selection
from wordvec.formats.io.source import Source, located, open_source
from wordvec.formats.io.suspect_files import file_kind
from wordvec.formats.suffixes import formats_for
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import checked_path
from wordvec.vectors.parts import LOUD, SUBWORDS, WORDS, tell_lost

__all__ = ["FORMATS", "Format", "format_of", "load", "open_source", "read", "save", "unread_parts", "write"]


# The first that recognises a file reads it, so formats with magic numbers come before those that are guessed by lines.
# A suffix of several formats is written in the first; so word2vec binary comes before fastText.
# A module is imported when its format is asked for. To add a format: a module with a `FORMAT`, and a line here.
FORMATS: Table[Format] = Table(
    __name__,
    {
        "native": ".native.FORMAT",
        "finalfusion": ".finalfusion.FORMAT",
        "magnitude": ".magnitude.FORMAT",
        "gensim": ".gensim.FORMAT",
        "model2vec": ".model2vec.FORMAT",
        "spacy": ".spacy.FORMAT",
        "npy": ".npy_words.FORMAT",
        "floret": ".floret.FORMAT",
        "matrix-text": ".matrix_text.FORMAT",
        "word2vec-text": ".word2vec_text.FORMAT",
        "glove": ".glove.FORMAT",
        "word2vec-binary": ".word2vec_binary.FORMAT",
        "fasttext": ".fasttext.FORMAT",
    },
)


def load(
    path: str | os.PathLike[str],
    *,
    mmap: bool | str | None = True,
    limit: int | None = None,
    words: Iterable[str] | os.PathLike[str] | None = None,
    min_count: int | None = None,
    strict: bool = True,
    duplicates: str | None = None,
    format: str | None = None,
) -> KeyedVectors:
    r"""The vectors of a file or folder of any known format, plain or compressed, recognised by its content.

    A native file is mapped and opens in constant time; with `mmap=False` it is read into memory. Other formats map
    what they can. `limit` keeps the first rows, `words` the given words (also a `pathlib.Path` of a file with one a
    line), `min_count` the words with at least this count; memory is allocated only for the rows that are kept. Of rows
    with the same word, `duplicates` keeps the "first", the "last" or their "mean", or makes them an "error"; None means
    the first, and for gensim's files the row that gensim uses. Their number is in `metadata["source"]`.

    FileNotFoundError where there is no file; FormatError where it is damaged, of no known format, or text that does not
    look like vectors. With `strict=False`, the readable rows of a damaged file of rows are kept, with a warning that
    counts the rows left out. `format` names the only format to accept; its rows are then read whatever they look like.

    >>> from pathlib import Path; from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "toy.vec")
    ...     _ = path.write_text("2 3\nking 1 2 3\nqueen 1 2 4\n")
    ...     load(path)["queen"].tolist()
    [1.0, 2.0, 4.0]
    """
    chosen: dict[str, Any] = {"limit": limit, "words": words, "min_count": min_count, "mmap": mmap}
    return read(path, format=format, strict=strict, duplicates=duplicates, **chosen)[1]


def read(path: str | os.PathLike[str], *, format: str | None = None, **chosen: Any) -> tuple[str, KeyedVectors]:
    """(name of the format, vectors) of a file; the options are those of `load`."""
    select = selection(**chosen)
    wanted = None if format is None else _known(format)
    with located(path) as source:
        if source.is_temporary:  # it is removed, so it cannot stay mapped
            select = replace(select, mmap=False)
        return _read(source, select, wanted)


def _read(source: Source, select: Selection, wanted: str | None) -> tuple[str, KeyedVectors]:
    """(name of the format, vectors) of a source; `wanted` is the only format to accept."""
    if wanted is not None and FORMATS[wanted].recognise(source):
        return wanted, _loaded(wanted, source, replace(select, format_given=True))
    name = recognised(source)
    if wanted is not None and FORMATS[wanted].by_lines and (name is None or FORMATS[name].by_lines):
        try:  # the format by lines is a guess, which `format=` overrules
            return wanted, FORMATS[wanted].load(source, replace(select, strict=True, format_given=True))
        except FormatError:
            pass
    if wanted is not None:
        kind = file_kind(source) if name is None else f"{name}: leave format= out, or say format={name!r}"
        raise FormatError(f"{source.path}: the file must be {wanted}, as format= says; it is {kind}")
    if name is None:
        raise FormatError(
            f"{source.path}: it is {file_kind(source)}; the file must be vectors in one of the formats "
            f"{', '.join(FORMATS)}"
        )
    return name, _loaded(name, source, select)


def recognised(source: Source) -> str | None:
    """The name of the format of a source, by its content; None for an unknown format."""
    return next((name for name, format in FORMATS.items() if format.recognise(source)), None)


def _loaded(name: str, source: Source, select: Selection) -> KeyedVectors:
    vectors = FORMATS[name].load(source, select)
    if select.words is not None and len(select.words) and not len(vectors):
        missing = f"none of the {len(select.words)} words that were asked for, as {select.words.words[0]!r},"
        warn(f"{missing} was found in {source.path}: see that they are written as there")
    return vectors


def unread_parts(path: str, name: str, vectors: KeyedVectors) -> list[str]:
    """The parts of a file or folder of the format `name` that are not in the vectors read from it, in words.

    Compressed files are decompressed to their end. FormatError where one is damaged there.
    """
    source = open_source(path)
    if source.compression is not None:
        with source.open() as stream:
            while stream.read(1 << 20):
                pass
    unread = FORMATS[name].unread
    return [] if unread is None else unread(path, vectors)


def save(
    vectors: KeyedVectors, path: str | os.PathLike[str], format: str | None = None, *, unwritable: str = "error"
) -> None:
    """Write vectors to `path` in the format of its suffix, or in the format named.

    Where formats share a suffix, the first one that can store the subwords is used: vectors with fastText's n-grams are
    written to .bin as a fastText model, others as word2vec binary. The file appears when it is complete. One warning
    names the parts that the format cannot store, such as a context matrix, attributes or subwords. OptionError where
    the file would be wrong without them, for an unknown suffix or name, and for a word that the format cannot store;
    with `unwritable="skip"` such words are left out, with a warning. OutputError where the file cannot be written.
    """
    name = checked_path(path)
    write(vectors, name, format_of(name, vectors) if format is None else format, unwritable, stacklevel=3)


def write(vectors: KeyedVectors, path: str, name: str, unwritable: str = "error", stacklevel: int = 2) -> KeyedVectors:
    """`save` in a named format; the vectors that were written, without skipped words."""
    format = FORMATS[_known(name)]
    if format.save is None:
        writers = ", ".join(name for name, format in FORMATS.items() if format.save is not None)
        raise OptionError(f"format must be one that wordvec writes, {writers}; it only reads {name}")
    if unwritable not in ("error", "skip"):
        raise OptionError(f"unwritable must be 'error' or 'skip'; got {unwritable!r}")
    if format.refuses is not None and (why := format.refuses(vectors)) is not None:
        raise OptionError(why)
    if unwritable == "skip" and format.unwritable is not None and len(rows := format.unwritable(vectors)):
        warnings.warn(
            f"{len(rows)} of {len(vectors)} words are left out, as {vectors.index_to_key[int(rows[0])]!r}: {name} "
            "cannot hold them; a native file (.safetensors) holds any word",
            stacklevel=stacklevel,
        )
        kept = np.ones(len(vectors), bool)
        kept[rows] = False
        vectors = vectors.subset(rows=kept)
    format.save(vectors, path)
    if lost := format.lost(vectors):
        tell_lost(lost, name, _advice(lost, vectors), stacklevel=stacklevel)
    return vectors


def _advice(lost: Mapping[str, str], vectors: KeyedVectors) -> str:
    """The formats that store the parts that another one loses, for a warning."""
    storing: list[str] = []
    lost = {name: text for name, text in lost.items() if name in LOUD}
    for name, format in FORMATS.items():
        if format.save is not None and not set(lost) & set(format.lost(vectors)):
            storing += [] if format.refuses is not None and format.refuses(vectors) else [name]
    formats, have = ("format", "has") if len(storing) == 1 else ("formats", "have")
    advice = f"the {formats} {', '.join(storing)} {have} one" if storing else ""
    return "; ".join(filter(None, [advice, "vectors.without(...) takes parts out before"]))


def format_of(path: str | os.PathLike[str], vectors: KeyedVectors | None = None, *, default: str | None = None) -> str:
    """The name of the format that a path is written in, by its suffix: the first of the table with that suffix.

    With `vectors`, it is the first that can store their words and subwords, if there is one. The suffix of a compressor
    is ignored. An unknown suffix gives the `default`, or an OptionError without one; the suffix of a format that is not
    written is always an OptionError.

    >>> format_of("vectors.bin"), format_of("vectors.glove.gz"), format_of("vectors.model", default="native")
    ('word2vec-binary', 'glove', 'native')
    """
    names = formats_for(FORMATS, path, default)
    first = next(names)
    if vectors is None or _fits(first, vectors):
        return first
    return next((name for name in names if _fits(name, vectors)), first)


def _fits(name: str, vectors: KeyedVectors) -> bool:
    """Whether a format can store the words and the subwords of vectors."""
    format = FORMATS[name]
    if format.save is None or {WORDS, SUBWORDS} & set(format.lost(vectors)):
        return False
    return format.refuses is None or format.refuses(vectors) is None


def _known(format: str) -> str:
    if not is_one_of(format, FORMATS):
        raise OptionError(f"format must be one of {', '.join(FORMATS)}; got {format!r}")
    return format
