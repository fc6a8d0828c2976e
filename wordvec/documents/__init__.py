"""Vectors of documents that are trained, not averaged: paragraph vectors, Sent2Vec, topics by keyword."""

from __future__ import annotations

import os

from wordvec.texts.topics import Topics
from wordvec.trainers.document_folders import parts_of
from wordvec.trainers.paragraphs import PVDBOW, PVDM, Documents
from wordvec.trainers.sent2vec import Sent2Vec, Sentences

MODELS: dict[str, type[PVDBOW | PVDM | Sent2Vec]] = {kind.name: kind for kind in (PVDBOW, PVDM, Sent2Vec)}

__all__ = ["MODELS", "PVDBOW", "PVDM", "Documents", "Sent2Vec", "Sentences", "Topics", "load"]


def load(folder: str | os.PathLike[str]) -> Documents | Sentences:
    """What `Documents.save` or `Sentences.save` wrote, mapped; FormatError where it is no such folder.

    >>> from tempfile import TemporaryDirectory
    >>> from wordvec.documents import PVDBOW, load
    >>> with TemporaryDirectory() as folder:
    ...     PVDBOW(vector_size=8, min_count=1, workers=1).fit(["red green", "one two"] * 20).save(folder)
    ...     load(folder).encode(["red"]).shape
    (1, 8)
    """
    kind = Documents if "documents" in parts_of(folder) else Sentences
    return kind.load(folder)
