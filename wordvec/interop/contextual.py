"""Static vectors from contextual ones: pooled over the pieces of a word, and over the sentences that it is in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import listed_words, strings, whole_number
from wordvec.base.errors import OptionError
from wordvec.optim.teacher import BATCH, Teacher
from wordvec.vectors import KeyedVectors

Wide = NDArray[np.float64]

POOLS: dict[str, Callable[[Wide], Wide]] = {
    "mean": lambda pieces: np.asarray(pieces.mean(axis=0)),
    "max": lambda pieces: np.asarray(pieces.max(axis=0)),
    "min": lambda pieces: np.asarray(pieces.min(axis=0)),
    "first": lambda pieces: np.asarray(pieces[0]),
    "last": lambda pieces: np.asarray(pieces[-1]),
}
_MERGED: dict[str, Callable[[Wide, Wide], Wide]] = {  # what is kept of the contexts so far, and the next one
    "mean": np.add,
    "max": np.maximum,
    "min": np.minimum,
    "first": lambda before, _: before,
    "last": lambda _, after: after,
}


def from_contextual(
    encode_fn: Callable[[list[Any]], Sequence[ArrayLike]],
    words: Iterable[str],
    contexts: Iterable[Sequence[str]] | None = None,
    pool: str = "mean",
    n: int = 100,
    *,
    over: str = "mean",
    batch_size: int = BATCH,
    progress: bool = False,
) -> KeyedVectors:
    """Static vectors of words from any model that gives contextual vectors (Bommasani, Davis and Cardie 2020).

    Without `contexts` ("decontextualized"), `encode_fn` gets lists of words and returns an array [D] for each, or
    [pieces, D]. With `contexts` ("aggregated"), which are sentences as lists of tokens, it gets lists of sentences and
    returns such an array for each token; the vector of a word is pooled over the first `n` sentences with the word, in
    each where it stands first. Pieces are combined by `pool`, sentences by `over`: "mean", "max", "min", "first",
    "last". Sentences are read once, in batches of `batch_size`, and none after the last that is needed; only a vector
    for each word is kept. Words that are in no sentence are left out; the counts are the numbers of sentences used.

    OptionError where `encode_fn` gives another number of answers, NaN, or vectors of several widths.

    >>> kv = from_contextual(lambda batch: [[len(word), 1.0] for word in batch], ["a", "bcd"])
    >>> kv["bcd"].tolist()
    [3.0, 1.0]
    """
    for name, value in (("pool", pool), ("over", over)):
        if value not in POOLS:
            raise OptionError(f"{name} must be one of {', '.join(POOLS)}; got {value!r}")
    n = whole_number("n", n)
    wanted = list(dict.fromkeys([words] if isinstance(words, str) else strings(words)))
    if not wanted:
        raise OptionError("words must hold at least one word; got none")
    kept = _Pooled(
        wanted, pool, over, Teacher(encode_fn, "encode_fn", "word" if contexts is None else "sentence", batch_size)
    )
    if contexts is None:
        for batch, answers in kept.teacher.answers(wanted, len(wanted), progress):
            for word, pieces in zip(batch, answers):
                kept.add(word, pieces)
    else:
        kept.read(contexts, n, progress)
    seen = kept.used > 0
    if kept.rows is None:
        raise OptionError(f"contexts must hold one of the words, such as {wanted[0]!r}; they hold none")
    rows = kept.rows[seen] / (kept.used[seen, None] if over == "mean" else 1)
    metadata = {"source": {"format": "contextual", "pool": pool, "over": over, "contexts": contexts is not None}}
    counts = kept.used[seen] if contexts is not None else None
    return KeyedVectors([word for word, there in zip(wanted, seen.tolist()) if there], rows, counts, metadata)


class _Pooled:
    """What is kept of each word: its vectors so far, pooled, and their number."""

    def __init__(self, words: list[str], pool: str, over: str, teacher: Teacher) -> None:
        self.places = {word: place for place, word in enumerate(words)}
        self.pool, self.merged, self.teacher = POOLS[pool], _MERGED[over], teacher
        self.rows: Wide | None = None
        self.used = np.zeros(len(words), np.int64)

    def add(self, word: str, pieces: ArrayLike) -> None:
        array, place = self.teacher.array(pieces, word), self.places[word]
        vector = array if array.ndim == 1 else self.pool(array)
        if self.rows is None:
            self.rows = np.zeros((len(self.used), len(vector)))
        self.rows[place] = self.merged(self.rows[place], vector) if self.used[place] else vector
        self.used[place] += 1

    def read(self, contexts: Iterable[Sequence[str]], n: int, progress: bool) -> None:
        """Add the words of the first `n` sentences of each."""
        positions: list[list[int]] = []  # of the sentences that the teacher has not answered yet
        for sentences, answers in self.teacher.answers(_needed(contexts, self.places, n, positions), None, progress):
            for tokens, places, arrays in zip(sentences, positions, answers):
                if len(arrays) != len(tokens):
                    raise OptionError(
                        f"encode_fn must give an array for each of {len(tokens)} tokens; got {len(arrays)}"
                    )
                for place in places:
                    self.add(tokens[place], arrays[place])
            del positions[: len(sentences)]


def _needed(
    contexts: Iterable[Sequence[str]], words: Iterable[str], n: int, positions: list[list[int]]
) -> Iterator[Sequence[str]]:
    """The first n sentences of each word; the positions of the words to use are appended to `positions`."""
    left = dict.fromkeys(words, n)
    for tokens in contexts:
        if isinstance(tokens, str):
            raise OptionError(f"contexts must be sentences as lists of tokens; got the str {tokens[:40]!r}: cut it")
        tokens = listed_words(tokens, "a sentence of contexts", "a list of tokens")
        places = {token: place for place, token in reversed(list(enumerate(tokens))) if token in left}
        if not places:
            continue
        for token in places:
            left[token] -= 1
            if not left[token]:
                del left[token]
        positions.append(list(places.values()))
        yield tokens
        if not left:
            return
