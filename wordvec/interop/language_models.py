"""Language models: static vectors from contextual ones, and embeddings for a new vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows.norms import row_norms
from wordvec.search import nearest
from wordvec.search.arrays import as_matrix
from wordvec.vectors import KeyedVectors

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]

_BATCH = 32  # words or sentences in a batch for the model
_BLOCK_BYTES = 32 << 20  # of similarities, or of rows to combine, at a time
_POOLS: dict[str, Callable[[Wide], Wide]] = {
    "mean": lambda pieces: np.asarray(pieces.mean(axis=0)),
    "max": lambda pieces: np.asarray(pieces.max(axis=0)),
    "first": lambda pieces: np.asarray(pieces[0]),
    "last": lambda pieces: np.asarray(pieces[-1]),
}


def from_contextual(
    encode_fn: Callable[[list[Any]], Sequence[ArrayLike]],
    words: Iterable[str],
    contexts: Iterable[Sequence[str]] | None = None,
    pool: str = "mean",
    n: int = 100,
) -> KeyedVectors:
    """Static vectors of words from any model that gives contextual vectors (Bommasani, Davis and Cardie 2020).

    Without `contexts` ("decontextualized"), `encode_fn` gets lists of words and returns an array [D] for each, or
    [pieces, D]. With `contexts` ("aggregated"), which are sentences as lists of tokens, it gets lists of sentences and
    returns such an array for each token; the vector of a word is the mean over the first `n` sentences with the word.
    Pieces are combined by `pool`: "mean", "max", "first", "last". Words that are in no sentence are left out; the
    counts are the numbers of sentences used.

    >>> kv = from_contextual(lambda batch: [[len(word), 1.0] for word in batch], ["a", "bcd"])
    >>> kv["bcd"].tolist()
    [3.0, 1.0]
    """
    if pool not in _POOLS:
        raise OptionError(f"pool must be one of {', '.join(_POOLS)}; got {pool!r}")
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise OptionError(f"n must be a number of sentences >= 1; got {n!r}")
    wanted = list(dict.fromkeys([words] if isinstance(words, str) else words))
    if not wanted:
        raise OptionError("words must hold at least one word; got none")
    sums = _Sums(wanted, pool)
    if contexts is None:
        for first in range(0, len(wanted), _BATCH):
            batch = wanted[first : first + _BATCH]
            for word, pieces in zip(batch, _answer(encode_fn, batch, "word")):
                sums.add(word, pieces)
    else:
        for sentences, positions in _batches(contexts, sums, n):
            for tokens, places, arrays in zip(sentences, positions, _answer(encode_fn, sentences, "sentence")):
                if len(arrays) != len(tokens):
                    raise OptionError(
                        f"encode_fn must give an array for each of {len(tokens)} tokens; got {len(arrays)}"
                    )
                for place in places:
                    sums.add(tokens[place], arrays[place])
    seen = sums.used > 0
    if sums.sums is None:
        raise OptionError(f"contexts must hold one of the words, such as {wanted[0]!r}; they hold none")
    kept = [word for word, there in zip(wanted, seen.tolist()) if there]
    metadata = {"source": {"format": "contextual", "pool": pool, "contexts": contexts is not None}}
    counts = sums.used[seen] if contexts is not None else None
    return KeyedVectors(kept, sums.sums[seen] / sums.used[seen, None], counts, metadata)


class _Sums:
    """The sum of the pooled vectors of each word, and their number."""

    def __init__(self, words: list[str], pool: str) -> None:
        self.places = {word: place for place, word in enumerate(words)}
        self.pool = _POOLS[pool]
        self.sums: Wide | None = None
        self.used = np.zeros(len(words), np.int64)

    def add(self, word: str, pieces: ArrayLike) -> None:
        array = np.asarray(pieces, np.float64)
        if array.ndim not in (1, 2) or not array.size or not np.isfinite(array).all():
            raise OptionError(
                f"encode_fn must give finite numbers [D] or [pieces, D]; got shape {array.shape} for {word!r}"
            )
        vector = array if array.ndim == 1 else self.pool(array)
        if self.sums is None:
            self.sums = np.zeros((len(self.used), len(vector)))
        if len(vector) != self.sums.shape[1]:
            raise OptionError(
                f"encode_fn must always give {self.sums.shape[1]} numbers; got {len(vector)} for {word!r}"
            )
        self.sums[self.places[word]] += vector
        self.used[self.places[word]] += 1


def _answer(encode_fn: Callable[[list[Any]], Sequence[Any]], batch: list[Any], what: str) -> Sequence[Any]:
    answer = encode_fn(batch)
    if len(answer) != len(batch):
        raise OptionError(f"encode_fn must give an answer for each {what}; got {len(answer)} for {len(batch)}")
    return answer


def _batches(
    contexts: Iterable[Sequence[str]], sums: _Sums, n: int
) -> Iterator[tuple[list[Sequence[str]], list[list[int]]]]:
    """Batches of (sentences, positions of the words to use): the first n sentences of each word."""
    left = dict.fromkeys(sums.places, n)
    batch: list[Sequence[str]] = []
    positions: list[list[int]] = []
    for tokens in contexts:
        if isinstance(tokens, str):
            raise OptionError(f"contexts must be sentences as lists of tokens; got the str {tokens[:40]!r}: cut it")
        places = {token: place for place, token in reversed(list(enumerate(tokens))) if token in left}
        if places:
            batch.append(tokens)
            positions.append(list(places.values()))
            for token in places:
                left[token] -= 1
                if not left[token]:
                    del left[token]
        if len(batch) == _BATCH or (batch and not left):
            yield batch, positions
            batch, positions = [], []
        if not left:
            return
    if batch:
        yield batch, positions


@dataclass(frozen=True)
class Initialised:
    """New embeddings, and the origin of their rows."""

    matrix: Floats  # [T, D]
    copied: NDArray[np.int64]  # target tokens with the row of the same source token
    mixed: NDArray[np.int64]  # those with a weighted mean of rows of similar source tokens
    random: NDArray[np.int64]  # those without an auxiliary vector, drawn from a normal distribution


def init_subword_embeddings(
    source_matrix: ArrayLike,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    aux_source: ArrayLike,
    aux_target: ArrayLike,
    *,
    method: str = "wechsel",
    k: int = 10,
    temperature: float = 0.1,
    overlap: str | None = "copy",
    rank: int | None = None,
    seed: int = 1234,
) -> Initialised:
    """Embeddings [T, D] for a new vocabulary of a language model, from its embeddings [S, D] and static vectors.

    `aux_source` [S, E] and `aux_target` [T, E] are static vectors of the tokens in one space (aligned, for two
    languages); rows of zeros mean no vector. A token in both vocabularies keeps its row (`overlap="copy"`). Other
    tokens get

    - "wechsel" (Minixhofer, Paischer and Rekabsaz 2022): the mean of the rows of the `k` nearest source tokens by
      cosine, weighted by softmax(cosine / `temperature`);
    - "ofa" (Liu et al. 2024): the same with rows reduced to `rank` by singular value decomposition;
    - "focus" (Dobler and de Melo 2023): the mean of the rows of the tokens in both vocabularies, weighted by
      sparsemax of the cosines.

    Tokens without an auxiliary vector are drawn from a normal distribution with the mean and standard deviation of
    each dimension of `source_matrix`.

    >>> made = init_subword_embeddings(np.eye(2), ["a", "b"], ["b", "c"], np.eye(2), [[0, 1], [1, 0]], k=1)
    >>> made.matrix.tolist(), made.copied.tolist(), made.mixed.tolist()
    ([[0.0, 1.0], [1.0, 0.0]], [0], [1])
    """
    source, have, want = _checked(source_matrix, source_tokens, target_tokens, aux_source, aux_target)
    if method not in ("wechsel", "focus", "ofa") or overlap not in ("copy", None):
        raise OptionError(
            f'method must be "wechsel", "focus" or "ofa", overlap "copy" or None; got {method!r}, {overlap!r}'
        )
    if not (isinstance(k, int) and k >= 1 and temperature > 0):
        raise OptionError(f"k must be >= 1 and temperature > 0; got {k!r} and {temperature!r}")
    if (rank is not None) != (method == "ofa") or (rank is not None and not 1 <= rank <= min(source.shape)):
        raise OptionError(f'rank must be given for "ofa", 1 to {min(source.shape)}, and for no other; got {rank!r}')
    places = {token: row for row, token in enumerate(source_tokens)}
    same = np.array([places.get(token, -1) for token in target_tokens], np.int64)
    if rank is not None:
        left, values, right = np.linalg.svd(source.astype(np.float64), full_matrices=False)
        source = ((left[:, :rank] * values[:rank]) @ right[:rank]).astype(np.float32)
    matrix = np.empty((len(want), source.shape[1]), np.float32)
    copied = np.flatnonzero(same >= 0) if overlap == "copy" else np.empty(0, np.int64)
    directed = row_norms(want) > 0
    directed[copied] = False
    shared = np.unique(same[same >= 0])
    usable = np.intersect1d(np.flatnonzero(row_norms(have) > 0), shared if method == "focus" else np.arange(len(have)))
    mixed = np.flatnonzero(directed) if len(usable) else np.empty(0, np.int64)
    matrix[copied] = source[same[copied]]
    mix = _sparsemax_mix if method == "focus" else _nearest_mix(min(k, len(usable)), temperature)
    step = max(1, _BLOCK_BYTES // (8 * (len(usable) if method == "focus" else k * source.shape[1]) + 1))
    for first in range(0, len(mixed), step):
        part = mixed[first : first + step]
        matrix[part] = mix(source[usable], have[usable], want[part])
    random = np.setdiff1d(np.arange(len(want)), np.concatenate([copied, mixed]))
    drawn = np.random.default_rng(seed).standard_normal((len(random), source.shape[1]))
    matrix[random] = source.mean(axis=0, dtype=np.float64) + drawn * source.std(axis=0, dtype=np.float64)
    return Initialised(matrix, copied, mixed, random)


def _checked(
    source_matrix: ArrayLike,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    aux_source: ArrayLike,
    aux_target: ArrayLike,
) -> tuple[Floats, Floats, Floats]:
    source = as_matrix(source_matrix, "source_matrix")
    have, want = as_matrix(aux_source, "aux_source"), as_matrix(aux_target, "aux_target")
    for name, matrix, tokens in (
        ("source_matrix", source, source_tokens),
        ("aux_source", have, source_tokens),
        ("aux_target", want, target_tokens),
    ):
        if len(matrix) != len(tokens):
            raise OptionError(f"{name} must have a row for each of {len(tokens)} tokens; got {len(matrix)}")
        if not np.isfinite(matrix).all():
            raise OptionError(f"{name} must be finite; it holds NaN or infinity")
    if have.shape[1] != want.shape[1] or not len(source):
        raise OptionError(f"auxiliary vectors must have one size; got {have.shape} and {want.shape}")
    if len(set(source_tokens)) != len(source_tokens):
        raise OptionError("source_tokens must be distinct; they are not")
    return source, have, want


def _nearest_mix(k: int, temperature: float) -> Callable[[Floats, Floats, Floats], Wide]:
    def mix(source: Floats, have: Floats, want: Floats) -> Wide:
        rows, cosines = nearest(have, want, k, norms=row_norms(have))
        weights = np.exp((cosines - cosines[:, :1]) / temperature)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("qk,qkd->qd", weights, source[rows].astype(np.float64)))

    return mix


def _sparsemax_mix(source: Floats, have: Floats, want: Floats) -> Wide:
    theirs, ours = (matrix.astype(np.float64) / row_norms(matrix)[:, None] for matrix in (have, want))
    return np.asarray(sparsemax(ours @ theirs.T) @ source)


def sparsemax(scores: ArrayLike) -> Wide:
    """The probability distribution closest to each row of scores, usually sparse (Martins and Astudillo 2016).

    >>> sparsemax([[2.0, 1.5, 0.1]]).tolist()
    [[0.75, 0.25, 0.0]]
    """
    rows = np.asarray(scores, np.float64)
    ordered = -np.sort(-rows, axis=1)
    sums = np.cumsum(ordered, axis=1)
    sizes = np.arange(1, rows.shape[1] + 1)
    support = (1 + sizes * ordered > sums).sum(axis=1)
    thresholds = (sums[np.arange(len(rows)), support - 1] - 1) / support
    result: Wide = np.maximum(rows - thresholds[:, None], 0)
    return result
