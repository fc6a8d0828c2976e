"""Documents as ids of words: the lines of a file, texts, or lists of tokens."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.corpus import EncodedCorpus, encode
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sources import Files, resolve
from wordvec.keyed_vectors import KeyedVectors
from wordvec.texts.tokens import Cutter, as_bytes, listed

Int64 = NDArray[np.int64]
Texts = str | os.PathLike[str] | Iterable[str] | Iterable[Sequence[str]]
SHARE = 1024  # documents of a task


def encoded(texts: Texts, **reading: Any) -> EncodedCorpus:
    """The texts as a corpus of which every sentence is one of them, also one without a word; `reading` is for
    `wordvec.encode`.
    """
    documents = _listed(texts)
    with _corpus_of(texts, documents) as source:
        counted = encode(source, **reading)
    words = KeyedVectors(counted.vocabulary, np.zeros((len(counted.vocabulary), 1)))
    ids, offsets = identified(words, documents, reading["workers"])
    return replace(counted, ids=ids, offsets=offsets)


def _listed(texts: Texts) -> list[Any]:
    """The documents, as a list."""
    if not isinstance(texts, (str, os.PathLike)):
        return listed(texts)
    found = resolve(texts, False)
    assert isinstance(found, Files)
    lines: list[str] = []
    for part in found.inputs:
        with part.open() as stream:
            lines += [line.decode("utf-8", "surrogateescape") for line in stream]
    return lines


@contextmanager
def _corpus_of(texts: Texts, documents: list[Any]) -> Iterator[Any]:
    """What `encode` reads fastest: the file itself, one of all texts, or token lists."""
    if isinstance(texts, (str, os.PathLike)) and os.fspath(texts) != "-":  # which can be read once only
        yield texts
    elif not all(isinstance(document, str) for document in documents):
        yield [as_bytes(d).decode("utf-8", "surrogateescape").split() if isinstance(d, str) else d for d in documents]
    else:
        with scratch_folder(None) as folder:
            path = folder / "documents.txt"
            with open(path, "wb") as file:
                file.writelines(as_bytes(document).replace(b"\n", b" ") + b"\n" for document in documents)
            yield path


def identified(words: KeyedVectors, texts: list[Any], workers: int) -> tuple[NDArray[np.int32], Int64]:
    """Texts as ids of words, unknown ones left out: ids [N] and offsets [texts + 1]."""
    cutter = Cutter(words, "skip")

    def work(first: int) -> list[tuple[NDArray[np.int32], Int64]]:
        last = min(first + SHARE, len(texts))
        return [(block.words, np.diff(block.ends, prepend=0)) for block in cutter.blocks(texts, first, last)]

    with ThreadPoolExecutor(workers, thread_name_prefix="wordvec-cut") as pool:
        parts = [part for done in pool.map(work, range(0, len(texts), SHARE)) for part in done]
    ids = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int32)
    sizes = np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.int64)
    return ids.astype(np.int32), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
