"""Folders for other tools: the embedding projector and sentence-transformers."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError, OutputError
from wordvec.interop.rows import matrix_of_words
from wordvec.outputs import open_outputs
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import checked_path

_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"})
_BLOCK = 4096  # rows written at a time


class Projection(NamedTuple):
    """The result of `to_projector`."""

    rows: int
    left_out: int  # words after the first `n`
    escaped: int  # labels with a tab, a newline or a backslash, which are escaped


def to_projector(
    vectors: KeyedVectors,
    folder: str | os.PathLike[str],
    n: int = 10_000,
    attributes: Mapping[str, Sequence[Any]] | None = None,
) -> Projection:
    r"""Write vectors.tsv and metadata.tsv of the first `n` words for the embedding projector, into `folder`.

    metadata.tsv has only the words and no header; with `attributes` (name -> a value for each word, of which the first
    `n` are used) it has a header and a column for each. The result has the number of rows, of words left out, and of
    labels that were escaped. A browser can show 50,000 to 100,000 rows.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     kv = KeyedVectors(["a", "b\tc"], [[1, 2], [2, 0.5]])
    ...     print(to_projector(kv, folder, attributes={"kind": ["letter", "odd"]}))
    ...     Path(folder, "metadata.tsv").read_text().splitlines()
    Projection(rows=2, left_out=0, escaped=1)
    ['word\tkind', 'a\tletter', 'b\\tc\todd']
    """
    check_vectors(vectors=vectors)
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise OptionError(f"n must be a number of words >= 1; got {n!r}")
    rows, columns = min(n, len(vectors)), dict(attributes or {})
    for name, values in columns.items():
        if len(values) < rows:
            raise OptionError(f"attribute {name!r} must have a value for each of {rows} words; got {len(values)}")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(error.errno or errno.EIO, "the output must be a folder", os.fspath(folder)) from error
    escaped = 0
    with open_outputs(Path(folder, "vectors.tsv"), Path(folder, "metadata.tsv")) as (numbers, labels):
        if columns:
            labels.write(_line(["word", *columns])[0])
        for first in range(0, rows, _BLOCK):
            block = matrix_of_words(vectors, first, min(first + _BLOCK, rows)).astype("U32").tolist()
            numbers.write("".join("\t".join(row) + "\n" for row in block).encode())
            for row, word in enumerate(vectors.index_to_key[first : first + len(block)], first):
                line, changed = _line([word, *(values[row] for values in columns.values())])
                labels.write(line)
                escaped += changed
    return Projection(rows, len(vectors) - rows, escaped)


def to_sentence_transformers(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write a folder that sentence-transformers and model2vec open as a static embedding model: `format="model2vec"`.

    A text is the mean of the vectors of its words: `SentenceTransformer(path).encode(["a text"])`,
    `model2vec.StaticModel.from_pretrained(path)`. A warning names the parts that it cannot hold, such as subwords.
    """
    from wordvec.formats import write

    write(vectors, checked_path(path), "model2vec", stacklevel=3)


def _line(cells: Sequence[Any]) -> tuple[bytes, bool]:
    """(cells separated by tabs, whether one of them was escaped)."""
    texts = [str(cell) for cell in cells]
    line = "\t".join(text.translate(_ESCAPES) for text in texts)
    changed = line != "\t".join(texts)
    return line.encode("utf-8", "surrogateescape") + b"\n", changed
