"""Documents as word ids: the lines of a file, texts, or lists of tokens."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.threads import in_order, thread_pool
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.checks import wrong_tokens
from wordvec.corpus.encoder import Passes
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sentences import TOKENS
from wordvec.corpus.sources import Files, Lists, resolve
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import Cutter, as_bytes, as_tokens, checked_tokens, listed

Int64 = NDArray[np.int64]
Texts = str | os.PathLike[str] | Iterable[str] | Iterable[Sequence[str]]
SHARE = 1024  # documents in a task of a thread


class Remembering:
    """A class whose copies and pickles leave out cached properties, and compute them again when needed.

    A pickled array is not aligned to 64 bytes any more, and would be sent to another process twice.
    """

    def __getstate__(self) -> dict[str, Any]:
        kind = type(self)
        return {
            name: value
            for name, value in self.__dict__.items()
            if not isinstance(getattr(kind, name, None), cached_property)
        }


def encoded(texts: Texts, *, longest: int | None = None, **reading: Any) -> EncodedCorpus:
    """The texts as a corpus with one sentence for each text, empty ones included; `reading` are options of the reader.

    Texts of more than `longest` tokens are split.
    """
    source: Any
    if isinstance(texts, (str, os.PathLike, Files)):
        source = resolve(texts, False)
    else:
        source = Lists(_words(text, place) for place, text in enumerate(listed(texts)))
    assert isinstance(source, Files | Lists)
    with scratch_folder(None) as work:
        return Passes(source, longest=longest, keep_empty=True, **reading).run(work)


def _words(text: Any, place: int) -> Any:
    """The tokens of a text; WordTypeError where it is no text."""
    if isinstance(text, str):
        return TOKENS.findall(as_bytes(text).decode("utf-8", "surrogateescape"))
    if isinstance(text, (list, tuple)) or wrong_tokens(text):
        text = as_tokens(text, place)
    tokens = list(text)  # an array, a generator
    checked_tokens(tokens)
    return tokens


def identified(words: KeyedVectors, texts: list[Any], workers: int) -> tuple[NDArray[np.int32], Int64]:
    """Texts as word ids, without unknown words: ids [N] and offsets [texts + 1]."""
    cutter = Cutter(words, "skip")

    def work(first: int) -> list[tuple[NDArray[np.int32], Int64]]:
        last = min(first + SHARE, len(texts))
        return [(block.words, np.diff(block.ends, prepend=0)) for block in cutter.blocks(texts, first, last)]

    with thread_pool(workers) as pool:
        firsts = range(0, len(texts), SHARE)
        parts = [part for done in in_order(pool, work, firsts, 4 * workers) for part in done]
    ids = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int32)
    sizes = np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.int64)
    return ids.astype(np.int32), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
