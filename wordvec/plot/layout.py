"""Places of words on a plane: the one call of the function that computes them, and the vectors that it gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from wordvec.base.arguments import check_cosine, is_one_of
from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.plot.scene import Doubles
from wordvec.search.arrays import unit_rows
from wordvec.vectors import KeyedVectors

Method = Literal["pca", "umap", "tsne"]
_NEIGHBOURS, _PERPLEXITY = 15, 30.0  # defaults of UMAP and of t-SNE, for words enough


def units_of(vectors: KeyedVectors, words: Sequence[Any]) -> Doubles:
    """[n, D] the vectors of words at length 1; UnknownWordError for a word that has none.

    OptionError where the metric is not the cosine, or numbers are not finite.
    """
    check_cosine(vectors=vectors)
    rows = np.stack([np.asarray(vectors[word], np.float64) for word in words])
    if not np.isfinite(rows).all():
        word = words[int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])]
        raise OptionError(f"the vectors of words must be finite to be drawn; that of {word!r} is not")
    return unit_rows(rows)


def places(vectors: KeyedVectors, words: Sequence[str], method: Method, seed: int) -> Doubles:
    """[n, 2] the places of words on a plane, by PCA, UMAP or t-SNE; the same for the same seed."""
    rows = units_of(vectors, words)
    if not is_one_of(method, get_args(Method)):
        raise OptionError(f"method must be one of {', '.join(get_args(Method))}; got {method!r}")
    if method == "pca" or len(rows) < 4:  # fewer have no neighbourhoods
        return principal(rows)
    if method == "umap":
        umap = library("umap", "umap-learn>=0.5.7", "for maps by UMAP")
        near = min(_NEIGHBOURS, len(rows) - 1)
        made = umap.UMAP(n_neighbors=near, metric="cosine", init=principal(rows), random_state=seed, n_jobs=1)
        return np.asarray(made.fit_transform(rows), np.float64)
    manifold = library("sklearn.manifold", "wordvec[sklearn]", "for maps by t-SNE")
    perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
    made = manifold.TSNE(perplexity=perplexity, metric="cosine", init="random", random_state=seed)
    return np.asarray(made.fit_transform(rows), np.float64)


def principal(rows: Doubles) -> Doubles:
    """[n, 2] the coordinates along the first two principal components; the largest of each is positive."""
    centred = rows - rows.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(rows), 2))
    plane[:, : len(lengths[:2])] = left[:, :2] * lengths[:2]
    largest = plane[np.abs(plane).argmax(axis=0), [0, 1]]
    return np.asarray(plane * np.where(largest < 0, -1.0, 1.0))
