"""Documents as ids of words: the lines of a file, texts, or lists of tokens."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.corpus import EncodedCorpus
from wordvec.corpus.passes import Passes
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sentences import TOKENS
from wordvec.corpus.sources import Files, Lists, resolve
from wordvec.keyed_vectors import KeyedVectors
from wordvec.texts.tokens import Cutter, as_bytes, checked_tokens, listed

Int64 = NDArray[np.int64]
Texts = str | os.PathLike[str] | Iterable[str] | Iterable[Sequence[str]]
SHARE = 1024  # documents of a task


def encoded(texts: Texts, **reading: Any) -> EncodedCorpus:
    """The texts as a corpus of which every sentence is one of them, also one without a word; `reading` is for the
    passes over it.
    """
    is_text = isinstance(texts, (str, os.PathLike, Files))
    source: Any = resolve(texts, False) if is_text else Lists(map(_words, listed(texts)))
    assert isinstance(source, Files | Lists)
    with scratch_folder(None) as work:
        return Passes(source, longest=None, keep_empty=True, **reading).run(work)


def _words(text: Any) -> Any:
    """A text as the list of its tokens."""
    if isinstance(text, str):
        return TOKENS.findall(as_bytes(text).decode("utf-8", "surrogateescape"))
    checked_tokens(text)
    return text


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
