"""What reading a file leaves out: for those who want to know whether all of it has been looked at."""

from __future__ import annotations

from wordvec.formats import fasttext, magnitude, model2vec
from wordvec.formats.io.source import open_source
from wordvec.vectors import KeyedVectors

_PIECE = 1 << 20


def unread(path: str, format: str, vectors: KeyedVectors) -> list[str]:
    """The parts of a file or folder that are not in the vectors that were read of it, in words.

    Compressed files are decompressed to their end. FormatError where one is damaged there.
    """
    source = open_source(path)
    if source.compression is not None:
        with source.open() as stream:
            while stream.read(_PIECE):
                pass
    if format == magnitude.NAME:
        return [f"table {name}" for name in magnitude.other_tables(path)]
    if format == model2vec.NAME:
        return model2vec.unread(path)
    if format == fasttext.NAME and vectors.context is None:
        return ["the numbers of the output matrix"]
    return []
