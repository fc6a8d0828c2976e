"""GloVe text: `word number ... number` a line, without a header; words may hold spaces.

GloVe writes such rows with `-model 1`, 2 and 3. With `-model 0` each row ends with its bias, and the context rows
follow with the same words; as with all duplicates, the first rows are kept.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.formats.format import Format
from wordvec.formats.io.row_writer import blank
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.formats.io.text_rows import layout, load_rows, save_rows
from wordvec.vectors import KeyedVectors

NAME = "glove"
_MARK = "\ufeff"


def recognise(source: Source) -> bool:
    """Whether the file starts with rows of text, without a header."""
    lines = layout(source)
    return lines is not None and lines.header_dim is None


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the rows; FormatError names the line that is wrong."""
    return load_rows(source, select, NAME, has_header=False)


def unwritable(vectors: KeyedVectors) -> NDArray[np.int64]:
    """The rows of words that have white space or are empty, or would come first with a byte order mark."""
    rows = set(blank(vectors).tolist())
    for row, word in enumerate(vectors.index_to_key):
        if row not in rows and not word.startswith(_MARK):
            break
        rows.add(row)
    return np.array(sorted(rows), np.int64)


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write a line for each word; each number in the fewest digits that read back as the same float32."""
    if not len(vectors):
        raise OptionError(f"vectors must have a word to be written as {NAME}, which has no header; these have none")
    if vectors.index_to_key[0].startswith(_MARK):
        raise OptionError(
            f"the first word must not start with a byte order mark, which readers drop; word 0 is "
            f"{vectors.index_to_key[0]!r}: write word2vec text or a native file, or leave it out by unwritable='skip'"
        )
    save_rows(vectors, path, b"", NAME)


FORMAT = Format(
    NAME,
    "GloVe text: as word2vec, without a header",
    recognise,
    load,
    save,
    (".glove", ".txt"),
    unwritable=unwritable,
    by_lines=True,
)
