"""Files of vectors: a table of formats; reading goes by what a file holds, writing by its suffix."""

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
from wordvec.formats import (
    fasttext,
    finalfusion,
    floret,
    gensim,
    glove,
    magnitude,
    matrix_text,
    model2vec,
    native,
    npy_words,
    spacy,
    word2vec_binary,
    word2vec_text,
)
from wordvec.formats.format import Format
from wordvec.formats.io.selection import Selection, selection
from wordvec.formats.io.source import Source, located, open_source
from wordvec.formats.io.suspect_files import described
from wordvec.formats.suffixes import formats_named
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import checked_path
from wordvec.vectors.parts import LOUD, SUBWORDS, WORDS, tell_lost

__all__ = ["FORMATS", "Format", "format_of", "load", "open_source", "read", "save", "unread_parts", "write"]


# The first that recognises a file reads it, so formats with magic numbers come before those that are guessed by lines.
# A suffix of several formats is written in the first; so word2vec binary comes before fastText.
# To add a format: a module with a `FORMAT`, and a line here.
FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        native.FORMAT,
        finalfusion.FORMAT,
        magnitude.FORMAT,
        gensim.FORMAT,
        model2vec.FORMAT,
        spacy.FORMAT,
        npy_words.FORMAT,
        floret.FORMAT,
        matrix_text.FORMAT,
        word2vec_text.FORMAT,
        glove.FORMAT,
        word2vec_binary.FORMAT,
        fasttext.FORMAT,
    )
}


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

    A native file is mapped, and opens in no time; with `mmap=False` it is read into memory, as other formats always
    are. `limit` keeps the first rows, `words` those words (also a `pathlib.Path` of a file with one a line),
    `min_count` the words that occurred as often; memory is taken for what is kept. Of rows with the same word
    `duplicates` keeps the "first", the "last" or their "mean", or calls them an "error"; None is the first, and of
    gensim's files the row that the word had there; how many there were is in `metadata["source"]`. FileNotFoundError
    where there is no file, FormatError where it is damaged, of no known format, or text whose rows look like something
    else; with `strict=False`, what can be read of a file of rows that is truncated or does not agree with its header is
    kept, with a warning that counts what was left out. `format` is the name of the one format that the file may have;
    what its rows look like is then not doubted.

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
    """The name of the format of a file, and what `load` gives of it."""
    select = selection(**chosen)
    wanted = None if format is None else _known(format)
    with located(path) as source:
        if source.is_temporary:  # which goes: it cannot be mapped later on
            select = replace(select, mmap=False)
        return _read(source, select, wanted)


def _read(source: Source, select: Selection, wanted: str | None) -> tuple[str, KeyedVectors]:
    """The vectors of a source in the format that it has, or must have."""
    if wanted is not None and FORMATS[wanted].recognise(source):
        return wanted, _loaded(wanted, source, replace(select, format_given=True))
    name = recognised(source)
    if wanted is not None and FORMATS[wanted].by_lines and (name is None or FORMATS[name].by_lines):
        try:  # what the lines look like is a guess, which the name that was given overrules
            return wanted, FORMATS[wanted].load(source, replace(select, strict=True, format_given=True))
        except FormatError:
            pass
    if wanted is not None:
        found = described(source) if name is None else f"{name}: leave format= out, or say format={name!r}"
        raise FormatError(f"{source.path}: the file must be {wanted}, as format= says; it is {found}")
    if name is None:
        raise FormatError(
            f"{source.path}: it is {described(source)}; the file must be vectors in one of the formats "
            f"{', '.join(FORMATS)}"
        )
    return name, _loaded(name, source, select)


def recognised(source: Source) -> str | None:
    """The name of the format that a source has, by its content; None where it has none of the table."""
    return next((name for name, format in FORMATS.items() if format.recognise(source)), None)


def _loaded(name: str, source: Source, select: Selection) -> KeyedVectors:
    vectors = FORMATS[name].load(source, select)
    if select.words is not None and len(select.words) and not len(vectors):
        asked = f"none of the {len(select.words)} words that were asked for, as {select.words.words[0]!r},"
        warn(f"{asked} was found in {source.path}: see that they are written as there")
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
    """Write vectors to `path` in the format of its suffix, or in the named one.

    Of formats with one suffix that is the first that has a place for the subwords: vectors with fastText's n-grams are
    saved to .bin as a fastText model, others as word2vec binary. The file appears when it is complete. One warning
    names the parts that the format has no place for, such as a context matrix, attributes, or subwords; those whose
    numbers would be wrong in it are an OptionError, and so is a suffix or name that is not known, and a word that the
    format cannot hold. With `unwritable="skip"` such words are left out, and a warning says how many they are.
    OutputError where the file cannot be written.
    """
    name = checked_path(path)
    write(vectors, name, format_of(name, vectors) if format is None else format, unwritable, stacklevel=3)


def write(vectors: KeyedVectors, path: str, name: str, unwritable: str = "error", stacklevel: int = 2) -> KeyedVectors:
    """`save` in a format of a name: the vectors that were written, which are those given but for skipped words."""
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
    lost = format.lost(vectors)
    tell_lost(lost, name, _advice(lost, vectors), stacklevel=stacklevel)
    return vectors


def _advice(lost: Mapping[str, str], vectors: KeyedVectors) -> str:
    """Which formats hold what another one loses."""
    hold: list[str] = []
    lost = {name: text for name, text in lost.items() if name in LOUD}
    for name, format in FORMATS.items():
        if format.save is not None and not set(lost) & set(format.lost(vectors)):
            hold += [] if format.refuses is not None and format.refuses(vectors) else [name]
    formats, have = ("format", "has") if len(hold) == 1 else ("formats", "have")
    kept = f"the {formats} {', '.join(hold)} {have} one" if hold else ""
    return "; ".join(filter(None, [kept, "vectors.without(...) takes parts out before"]))


def format_of(path: str | os.PathLike[str], vectors: KeyedVectors | None = None, *, default: str | None = None) -> str:
    """The name of the format that a path is written in, by its suffix: of several, the first of the table.

    Where `vectors` are given, it is the first that has a place for their words and subwords, if there is one. The
    suffix of a compressor is passed over. With a `default`, a name that promises nothing gets that; a suffix of a
    format that wordvec does not write is an OptionError.

    >>> format_of("vectors.bin"), format_of("vectors.glove.gz"), format_of("vectors.model", default="native")
    ('word2vec-binary', 'glove', 'native')
    """
    found = formats_named(FORMATS, path, default)
    return found[0] if vectors is None else next((name for name in found if _fits(name, vectors)), found[0])


def _fits(name: str, vectors: KeyedVectors) -> bool:
    """Whether a format has a place for the words and the subwords of vectors."""
    format = FORMATS[name]
    if format.save is None or {WORDS, SUBWORDS} & set(format.lost(vectors)):
        return False
    return format.refuses is None or format.refuses(vectors) is None


def _known(format: str) -> str:
    if not is_one_of(format, FORMATS):
        raise OptionError(f"format must be one of {', '.join(FORMATS)}; got {format!r}")
    return format
