"""Files of vectors: a table of formats; reading goes by what a file holds, writing by its suffix."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from wordvec.errors import FormatError, OptionError
from wordvec.formats import (
    fasttext,
    finalfusion,
    floret,
    gensim,
    glove,
    magnitude,
    model2vec,
    native,
    npy_words,
    word2vec_binary,
    word2vec_text,
)
from wordvec.formats.selection import Selection, selection
from wordvec.formats.source import Source, open_source
from wordvec.keyed_vectors import KeyedVectors

__all__ = ["FORMATS", "Format", "format_of", "load", "open_source", "save"]


class Loader(Protocol):
    """Reads the vectors of a source that the format has recognised."""

    def __call__(self, source: Source, select: Selection) -> KeyedVectors: ...


@dataclass(frozen=True)
class Format:
    """One format: what it is, the suffixes it is written for, how it is recognised, read and written."""

    help: str
    suffixes: tuple[str, ...]
    recognise: Callable[[Source], bool]
    load: Loader
    save: Callable[[KeyedVectors, str | os.PathLike[str]], None] | None = None  # None: wordvec only reads it


# The first that recognises a file reads it: what has magic numbers comes before what is told by its lines.
FORMATS: dict[str, Format] = {
    native.NAME: Format(
        "safetensors with words, counts and index, opened by one map",
        (".safetensors",),
        native.recognise,
        native.load,
        native.save,
    ),
    finalfusion.NAME: Format(
        "finalfusion, with n-grams; quantised ones are read",
        (".fifu",),
        finalfusion.recognise,
        finalfusion.load,
        finalfusion.save,
    ),
    magnitude.NAME: Format("Magnitude, read only", (), magnitude.recognise, magnitude.load),
    gensim.NAME: Format(
        "what gensim's save() writes, read without running any code", (), gensim.recognise, gensim.load
    ),
    model2vec.NAME: Format(
        "a folder of model2vec or of sentence-transformers' StaticEmbedding",
        ("/",),
        model2vec.recognise,
        model2vec.load,
        model2vec.save,
    ),
    npy_words.NAME: Format(
        "a numpy array, with the words one a line in a file beside it",
        (".npy",),
        npy_words.recognise,
        npy_words.load,
        npy_words.save,
    ),
    floret.NAME: Format(
        "floret's table of n-grams as text, without words", (".floret",), floret.recognise, floret.load, floret.save
    ),
    word2vec_text.NAME: Format(
        "word2vec text, fastText .vec",
        (".txt", ".vec"),
        word2vec_text.recognise,
        word2vec_text.load,
        word2vec_text.save,
    ),
    glove.NAME: Format(
        "GloVe text: as word2vec, without a header", (".glove", ".txt"), glove.recognise, glove.load, glove.save
    ),
    word2vec_binary.NAME: Format(
        "word2vec binary", (".bin",), word2vec_binary.recognise, word2vec_binary.load, word2vec_binary.save
    ),
    # After word2vec binary, which is what a file that ends in .bin is written as; neither is taken for the other.
    fasttext.NAME: Format(
        "fastText .bin and .ftz with n-grams (.ftz is only read), floret .bin (only read)",
        (".bin",),
        fasttext.recognise,
        fasttext.load,
        fasttext.save,
    ),
}

_TOLD_BY_LINES = (word2vec_text.NAME, glove.NAME, word2vec_binary.NAME)  # these have no magic numbers


def load(
    path: str | os.PathLike[str],
    *,
    mmap: bool = True,
    limit: int | None = None,
    words: Iterable[str] | os.PathLike[str] | None = None,
    min_count: int | None = None,
    strict: bool = True,
    duplicates: str = "first",
    format: str | None = None,
) -> KeyedVectors:
    r"""The vectors of a file or folder of any known format, plain or compressed, recognised by its content.

    A native file is mapped, and opens in no time; with `mmap=False` it is read into memory, as other formats always
    are. `limit` keeps the first rows, `words` those words (also a `pathlib.Path` of a file with one a line),
    `min_count` the words that occurred as often; memory is taken for what is kept. Of rows with the same word
    `duplicates` keeps the "first", the "last" or their "mean", or calls them an "error"; how many there were is in
    `metadata["source"]`. FileNotFoundError where there is no file, FormatError where it is damaged or of no known
    format; with `strict=False`, what can be read of a file of rows that is truncated or does not agree with its
    header is kept, with a warning. `format` is the name of the one format that the file may have.

    >>> from pathlib import Path; from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "toy.vec")
    ...     _ = path.write_text("2 3\nking 1 2 3\nqueen 1 2 4\n")
    ...     load(path)["queen"].tolist()
    [1.0, 2.0, 4.0]
    """
    select = selection(limit, words, min_count, mmap, strict, duplicates)
    wanted = None if format is None else _known(format)
    source = open_source(path)
    if wanted is not None and FORMATS[wanted].recognise(source):
        return FORMATS[wanted].load(source, select)
    name = next((name for name, format in FORMATS.items() if format.recognise(source)), None)
    if wanted in _TOLD_BY_LINES and (name is None or name in _TOLD_BY_LINES):
        try:  # what the lines look like is a guess, which the name that was given overrules
            return FORMATS[wanted].load(source, replace(select, strict=True))
        except FormatError:
            pass
    if wanted is not None:
        found = source.describe() if name is None else f"{name}: leave format= out, or say format={name!r}"
        raise FormatError(f"{source.path}: the file must be {wanted}, as format= says; it is {found}")
    if name is None:
        raise FormatError(
            f"{source.path}: it is {source.describe()}; the file must be vectors in one of the formats "
            f"{', '.join(FORMATS)}"
        )
    return FORMATS[name].load(source, select)


def save(vectors: KeyedVectors, path: str | os.PathLike[str], format: str | None = None) -> None:
    """Write vectors to `path` in the format of its suffix, or in the named one.

    The file appears when it is complete. OptionError where the suffix or the name is not known, or where the format
    cannot hold a word; OutputError where the file cannot be written.
    """
    name = format_of(path) if format is None else _known(format)
    write = FORMATS[name].save
    if write is None:
        writers = ", ".join(name for name, format in FORMATS.items() if format.save is not None)
        raise OptionError(f"format must be one that wordvec writes, {writers}; it only reads {name}")
    write(vectors, path)


def format_of(path: str | os.PathLike[str]) -> str:
    """The name of the format that a path is written in, by its suffix: of several, the first of the table.

    >>> format_of("vectors.bin"), format_of("vectors.glove")
    ('word2vec-binary', 'glove')
    """
    suffix = "/" if os.fspath(path).endswith(("/", os.sep)) else Path(path).suffix.lower()
    # what is only read comes last: it serves to say so
    for name, format in sorted(FORMATS.items(), key=lambda item: item[1].save is None):
        if suffix in format.suffixes:
            return name
    known = ", ".join(f"{' '.join(format.suffixes)} ({name})" for name, format in FORMATS.items() if format.save)
    raise OptionError(f"the output must end in one of {known}; got {os.fspath(path)!r}")


def _known(format: str) -> str:
    if format not in FORMATS:
        raise OptionError(f"format must be one of {', '.join(FORMATS)}; got {format!r}")
    return format
