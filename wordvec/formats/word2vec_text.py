"""word2vec text, also fastText .vec: the line `rows dim`, then `word number ... number` a line."""

from __future__ import annotations

import os

from wordvec.formats.format import Format
from wordvec.formats.io.row_writer import blank
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.formats.io.text_rows import layout, load_rows, save_rows
from wordvec.vectors import KeyedVectors

NAME = "word2vec-text"


def recognise(source: Source) -> bool:
    """Whether the file starts with a header and rows of text."""
    lines = layout(source)
    return lines is not None and lines.header_dim is not None


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the rows; FormatError names the line that is wrong."""
    return load_rows(source, select, NAME, has_header=True)


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the header and a line for each word; each number in the fewest digits that read back the same."""
    save_rows(vectors, path, b"%d %d\n" % (len(vectors), vectors.vector_size), NAME)


FORMAT = Format(
    NAME,
    "word2vec text, fastText .vec",
    recognise,
    load,
    save,
    (".txt", ".vec"),
    unwritable=blank,
    by_lines=True,
)
