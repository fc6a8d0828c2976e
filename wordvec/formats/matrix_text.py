"""A matrix as text, as numpy.savetxt writes it, with its words one a line in a file beside it; read only.

The file of words has a name as for a numpy array, or is the `metadata.tsv` of an embedding projector.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wordvec.base.errors import FormatError
from wordvec.formats.format import Format
from wordvec.formats.io.duplicates import keyed_vectors
from wordvec.formats.io.row_reader import header
from wordvec.formats.io.selection import Selection, selection
from wordvec.formats.io.source import Source
from wordvec.formats.io.text_rows import NUMBER, read_rows
from wordvec.formats.npy_words import read_words, words_path
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary, offsets_of

NAME = "matrix-text"
_BOM = b"\xef\xbb\xbf"
_INFINITE = (b"inf", b"infinity")
_LINES = 16  # lines by which a file is recognised
_BESIDE = ("metadata.tsv",)


def recognise(source: Source) -> bool:
    """Whether the first lines have equally many numbers, two or more, no header, and a file of words beside them."""
    if source.is_folder or _width(source) < 2:
        return False
    try:
        words_path(source.path, _BESIDE)
    except (FormatError, OSError):
        return False
    return True


def _width(source: Source) -> int:
    """The number of numbers in each of the first lines; 0 where they are something else."""
    head = source.head.removeprefix(_BOM)
    if head[:1] not in b" \t+-.0123456789" or b"\0" in head or header(head) is not None:
        return 0
    lines = head.split(b"\n", _LINES)
    lines = lines if source.is_whole and len(lines) <= _LINES else lines[:-1]
    rows = [line.split() for line in lines if line.strip()]
    same = rows and all(len(row) == len(rows[0]) and all(map(NUMBER.fullmatch, row)) for row in rows)
    return len(rows[0]) if same else 0


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the rows and their words; FormatError names the bad line, or says that words are missing."""
    width, path = _width(source), words_path(source.path, _BESIDE)
    if width < 2:
        raise FormatError(
            f"{source.path}: lines must be 2 or more numbers each, as many in all; it is {source.describe()}"
        )
    start = len(_BOM) if source.head.startswith(_BOM) else 0
    # The first number of a row is read as its word.
    data, offsets, rest = read_rows(source, selection(), width - 1, None, start, False).packed()
    text, ends = data.tobytes(), offsets.tolist()
    firsts = [text[a:b].strip() for a, b in pairwise(ends)]
    wrong = next((row for row, first in enumerate(firsts) if not NUMBER.fullmatch(first)), None)
    if wrong is not None:
        got = firsts[wrong][:40].decode("utf-8", "replace")
        raise FormatError(f"{source.path}: row {wrong + 1} must have {width} numbers; it starts with {got!r}")
    matrix = np.empty((len(rest), width), np.float32)
    with np.errstate(over="ignore"):
        matrix[:, 0] = np.array([float(first) for first in firsts])
    infinite = np.flatnonzero(np.isinf(matrix[:, 0])).tolist()
    large = next((row for row in infinite if not firsts[row].lower().endswith(_INFINITE)), None)
    if large is not None:
        raise FormatError(f"{source.path}: row {large + 1} must have numbers that float32 can hold, up to 3.4e38")
    matrix[:, 1:] = rest
    beside, sizes, counts = read_words(path, len(matrix))
    if len(sizes) != len(matrix):
        raise FormatError(f"{path}: there must be one word for each of {len(matrix)} rows; it has {len(sizes)} lines")
    words = Vocabulary(beside, offsets_of(sizes), counts)
    facts = {"format": NAME, "rows": len(matrix), "words": path.name}
    if not select.is_everything:
        keep = select.rows(words, str(path))
        words, matrix = words.take(keep), matrix[keep]
    return keyed_vectors(words.data, words.offsets, matrix, select.duplicates, facts, source.path, words.counts)


FORMAT = Format(
    NAME,
    "numbers as text, with the words one a line in a file beside it, read only",
    recognise,
    load,
)
