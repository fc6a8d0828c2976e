"""Files of vectors: a table of formats; reading goes by what a file holds, writing by its suffix."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

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
    model2vec,
    native,
    npy_words,
    spacy,
    word2vec_binary,
    word2vec_text,
)
from wordvec.formats.io import matrix_text
from wordvec.formats.io.doubts import described
from wordvec.formats.io.matrices import not_text
from wordvec.formats.io.naming import formats_named
from wordvec.formats.io.selection import Selection, selection
from wordvec.formats.io.source import Source, located, open_source
from wordvec.formats.io.writers import blank
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import checked_path
from wordvec.vectors.parts import (
    CONTEXT,
    COUNTS,
    EVERY,
    LOUD,
    SUBWORDS,
    TOKENIZER,
    WORDS,
    lost_parts,
    tell_lost,
)

__all__ = ["FORMATS", "Format", "format_of", "load", "open_source", "read", "save", "write"]


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
    unwritable: Callable[[KeyedVectors], NDArray[np.int64]] | None = None  # the words it cannot hold; None: holds any
    holds: frozenset[str] = frozenset({WORDS})  # the parts that it has a place for: names of `wordvec.vectors.parts`
    kinds: tuple[str, ...] = ()  # of the subwords that it holds; none named: any
    needs_words: bool = True  # whether a file without words, of n-grams alone, cannot be written
    misses: Callable[[KeyedVectors], Collection[str]] | None = None  # those that do not fit in it of given vectors
    # What would be wrong in it, not only left out, and what to do: such vectors are not written. None: nothing is.
    refuses: Callable[[KeyedVectors], str | None] | None = None

    def lost(self, vectors: KeyedVectors) -> dict[str, str]:
        """The parts of vectors, by name, that would not come back from it, each with what it is."""
        return lost_parts(vectors, self.holds, self.misses)


# The first that recognises a file reads it: what has magic numbers comes before what is told by its lines.
FORMATS: dict[str, Format] = {
    native.NAME: Format(
        "safetensors with words, counts and index, opened by one map",
        (".safetensors",),
        native.recognise,
        native.load,
        native.save,
        holds=EVERY,
        needs_words=False,
        misses=native.misses,
    ),
    finalfusion.NAME: Format(
        "finalfusion, with n-grams; quantised ones are read",
        (".fifu",),
        finalfusion.recognise,
        finalfusion.load,
        finalfusion.save,
        not_text,
        holds=frozenset({WORDS, SUBWORDS}),
        kinds=finalfusion.KINDS,
        refuses=finalfusion.refuses,
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
        not_text,
        holds=frozenset({WORDS, TOKENIZER}),
        misses=model2vec.misses,
    ),
    spacy.NAME: Format("a folder of spaCy or sense2vec, read only", (), spacy.recognise, spacy.load),
    npy_words.NAME: Format(
        "a numpy array, with the words one a line in a file beside it",
        (".npy",),
        npy_words.recognise,
        npy_words.load,
        npy_words.save,
        npy_words.unwritable,
    ),
    floret.NAME: Format(
        "floret's table of n-grams as text, without words",
        (".floret",),
        floret.recognise,
        floret.load,
        floret.save,
        holds=frozenset({SUBWORDS}),
        kinds=(floret.NAME,),
        needs_words=False,
        refuses=floret.refuses,
    ),
    matrix_text.NAME: Format(
        "numbers as text, with the words one a line in a file beside it, read only",
        (),
        matrix_text.recognise,
        matrix_text.load,
    ),
    word2vec_text.NAME: Format(
        "word2vec text, fastText .vec",
        (".txt", ".vec"),
        word2vec_text.recognise,
        word2vec_text.load,
        word2vec_text.save,
        blank,
    ),
    glove.NAME: Format(
        "GloVe text: as word2vec, without a header",
        (".glove", ".txt"),
        glove.recognise,
        glove.load,
        glove.save,
        glove.unwritable,
    ),
    word2vec_binary.NAME: Format(
        "word2vec binary",
        (".bin",),
        word2vec_binary.recognise,
        word2vec_binary.load,
        word2vec_binary.save,
        blank,
    ),
    # After word2vec binary, which is what a file that ends in .bin is written as; neither is taken for the other.
    fasttext.NAME: Format(
        "fastText .bin and .ftz with n-grams (.ftz is only read), floret .bin (only read)",
        (".bin",),
        fasttext.recognise,
        fasttext.load,
        fasttext.save,
        blank,
        holds=frozenset({WORDS, COUNTS, SUBWORDS, CONTEXT}),
        misses=fasttext.misses,
        kinds=(fasttext.NAME,),
        refuses=fasttext.refuses,
    ),
}

_TOLD_BY_LINES = (word2vec_text.NAME, glove.NAME, word2vec_binary.NAME)  # these have no magic numbers


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
        return wanted, _loaded(wanted, source, replace(select, told=True))
    name = recognised(source)
    if wanted in _TOLD_BY_LINES and (name is None or name in _TOLD_BY_LINES):
        try:  # what the lines look like is a guess, which the name that was given overrules
            return str(wanted), FORMATS[wanted].load(source, replace(select, strict=True, told=True))
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


def format_of(
    path: str | os.PathLike[str], vectors: KeyedVectors | None = None, *, default: str | None = None
) -> str:
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
