"""Layouts of words in two or three dimensions, and clusters of them: what a map or a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_cosine, is_one_of, strings, whole_number
from wordvec.base.errors import OptionError
from wordvec.base.threads import usable_cores
from wordvec.vectors.arguments import Floats
from wordvec.vectors.core import Core

if TYPE_CHECKING:
    from wordvec.transforms.layout import Progress

_SHOWN = 3  # words that stand for a cluster


@dataclass(frozen=True, eq=False)
class Layout:
    """Words as points: `points` is [n, dimensions] float32, row i that of `words[i]`."""

    words: list[str]
    points: Floats
    method: str
    explained: list[float] | None  # of PCA: the share of the variance along each dimension
    clusters: NDArray[np.uint8] | None = None  # [n] the cluster of each word; 0 is the largest
    cluster_words: list[list[str]] | None = None  # frequent words in the middle of each cluster

    def __len__(self) -> int:
        return len(self.words)


class Layouts(Core):
    """Layouts of words."""

    def layout(
        self,
        words: Sequence[str] | None = None,
        *,
        topn: int | None = None,
        method: str = "pca",
        dimensions: int = 2,
        clusters: int | None = None,
        seed: int = 0,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Layout:
        """Words laid out so that words with a high cosine are near each other: the given ones, else the first `topn`.

        `method` is "pca" of the unit vectors, at once and linear; "umap" (McInnes, Healy and Melville 2018) or "tsne"
        (van der Maaten and Hinton 2008) of their first 50 principal components, which show groups better and take
        longer: `pip install "wordvec[umap]"`, `"wordvec[tsne]"`. The same words, method and seed give the same points
        on the same machine. Encoded rows are decoded in blocks. Words without a row get a vector by the OOV policy;
        words whose vector is zero lie in the centre.

        With `clusters`, at most 256, words are clustered by k-means of these components. `workers` are the threads of
        t-SNE. `progress` is called with the share that is done, 0 to 1, by UMAP and t-SNE; what it raises ends them.
        OptionError where vectors are not finite, and for UMAP and t-SNE of less than 5 words; LibraryError where the
        library is not installed.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["king", "queen", "apple", "pear"], [[1, 0], [1, 0.2], [0, 1], [0.1, 1]])
        >>> layout = kv.layout(clusters=2)
        >>> layout.points.shape, bool(layout.clusters[1] != layout.clusters[2])
        ((4, 2), True)
        """
        from wordvec.transforms import layout as by

        check_cosine(vectors=self)
        if not is_one_of(method, by.METHODS):
            raise OptionError(f"method must be one of {', '.join(by.METHODS)}; got {method!r:.60}")
        size = whole_number("dimensions", dimensions, 1, 3)
        groups = whole_number("clusters", clusters, 1, by.MOST_CLUSTERS, optional=True)
        threads = whole_number("workers", workers, 1, 1024, optional=True) or usable_cores()
        own, matrix = self._laid_out(words, whole_number("topn", topn, 1, optional=True))
        by.check_method(method, len(own), size)
        reduced, shares = by.components(matrix)
        points, explained = reduced[:, :size].copy(), shares[:size].tolist() if method == "pca" else None
        if method != "pca":
            points = by.embedded(reduced, method, size, whole_number("seed", seed, 0, 2**32 - 1), progress, threads)
        if groups is None:
            return Layout(own, points, method, explained)
        labels = by.clustered(reduced, groups, seed)
        shown = [[own[row] for row in rows] for rows in by.central(reduced, labels, _SHOWN)]
        return Layout(own, points, method, explained, labels, shown)

    def _laid_out(self, words: Sequence[str] | None, topn: int | None) -> tuple[list[str], Any]:
        """The words of a layout, and their vectors: an array, or what reads rows in blocks."""
        if words is None:
            count = len(self) if topn is None else min(topn, len(self))
            return list(islice(self.vocabulary, count)), _First(self, count)
        if topn is not None:
            raise OptionError(f"words or topn must be given, not both; got {len(words)} words and topn={topn}")
        own = strings(words)
        if not own:
            raise OptionError("words must hold one word or more; got none")
        return own, self[own]


class _First:
    """The vectors of the first words as a matrix [n, D] that is read in slices."""

    dtype = np.dtype(np.float32)

    def __init__(self, vectors: Layouts, count: int) -> None:
        self._vectors, self.shape = vectors, (count, vectors.vector_size)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> Floats:
        return self._vectors._take(np.arange(*rows.indices(self.shape[0])))
