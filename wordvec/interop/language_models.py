"""Language models: embeddings for a new vocabulary, from the old ones and static vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.codecs import Factored
from wordvec.rows.norms import row_norms
from wordvec.search import nearest
from wordvec.search.arrays import as_matrix

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]

_BLOCK_BYTES = 32 << 20  # of similarities, or of rows to combine, at a time


@dataclass(frozen=True)
class Initialised:
    """New embeddings, and the origin of their rows."""

    matrix: Floats  # [T, D]
    copied: NDArray[np.int64]  # target tokens with the row of the same source token
    mixed: NDArray[np.int64]  # those with a weighted mean of rows of similar source tokens
    random: NDArray[np.int64]  # those without an auxiliary vector, drawn from a normal distribution
    factors: Factored | None = None  # of "ofa": the same matrix as coordinates [T, rank] and basis [rank, D]


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
    - "ofa" (Liu et al. 2024): the same with the coordinates of rows along the first `rank` singular vectors; `factors`
      keeps them and the basis apart, as `KeyedVectors(target_tokens, made.factors)` does in memory and in files;
    - "focus" (Dobler and de Melo 2023): the mean of the rows of the tokens in both vocabularies, weighted by
      sparsemax of the cosines.

    Tokens without an auxiliary vector are drawn from a normal distribution with the mean and standard deviation of
    each dimension of `source_matrix`, of its coordinates for "ofa".

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
    basis = None
    if rank is not None:
        left, values, right = np.linalg.svd(source.astype(np.float64), full_matrices=False)
        source, basis = (left[:, :rank] * values[:rank]).astype(np.float32), right[:rank].astype(np.float32)
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
    factors = None if basis is None else Factored(matrix, basis)
    return Initialised(matrix if factors is None else np.asarray(factors), copied, mixed, random, factors)


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
