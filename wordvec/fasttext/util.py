"""fastText's helpers: fewer dimensions, the scores of predictions, the nearest of given vectors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import LibraryError, OptionError
from wordvec.fasttext.FastText import _FastText

Floats = NDArray[np.float32]
_ROWS = 100_000  # of which the directions are taken


def reduce_model(ft_model: _FastText, target_dim: int) -> _FastText:
    """The model itself, with vectors of `target_dim` numbers: the directions in which its input rows differ most.

    OptionError where the model has no more dimensions, or is quantized.
    """
    dim = ft_model.get_dimension()
    if isinstance(target_dim, bool) or not isinstance(target_dim, (int, np.integer)) or not 1 <= target_dim <= dim:
        raise OptionError(f"target_dim must be an integer from 1 to {dim}; got {target_dim!r}")
    rows = ft_model._dense()
    some = np.asarray(rows.input[:_ROWS], np.float64)
    some = some - some.mean(axis=0)
    directions = np.linalg.eigh(some.T @ some)[1][:, ::-1][:, : int(target_dim)].astype(np.float32)
    made = rows.with_matrices(rows.features, np.asarray(rows.input) @ directions, np.asarray(rows.output) @ directions)
    ft_model._take(made)
    return ft_model


def test(predictions: Iterable[Iterable[str]], labels: Iterable[Collection[str]], k: int = 1) -> tuple[float, float]:
    """(precision, recall) at k of predicted labels against those of the texts."""
    found = texts = gold = 0
    for predicted, own in zip(predictions, labels):
        found += sum(label in own for label in predicted)
        texts += 1
        gold += len(own)
    if not texts or not gold:
        raise OptionError("there must be a text and a label at least to say how many were found; there is none")
    return found / (k * texts), found / gold


test.__test__ = False  # type: ignore[attr-defined]  # it is none of pytest's


def find_nearest_neighbor(
    query: Any, vectors: Any, ban_set: Sequence[int] | set[int], cossims: Floats | None = None
) -> int:
    """The row of `vectors` [N, D] whose product with `query` [D] is the greatest, of those not in `ban_set`."""
    scores = np.array(np.matmul(vectors, query), np.float64)
    if cossims is not None:
        cossims[:] = scores
    scores[list(ban_set)] = -np.inf
    return int(scores.argmax())


def download_model(lang_id: str, if_exists: str = "strict", dimension: int | None = None) -> str:
    """LibraryError: nothing is downloaded here; it says where the file is."""
    raise LibraryError(
        f"wordvec.fasttext downloads nothing: get cc.{lang_id}.300.bin.gz from fasttext.cc (crawl vectors) and give "
        "its path to load_model, which opens it as it is"
    )
