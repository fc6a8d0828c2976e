"""Product quantisation: a byte for every part of a row, the nearest of 256 centroids of that part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.options import option
from wordvec.codecs import codebooks
from wordvec.codecs.base import Encoded, Prepared, ShareOptions, each_block, share_of
from wordvec.rows.base import ULP, Doubles, Floats, Tensors, frozen
from wordvec.rows.tensors import number, tensor

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True, kw_only=True)
class PQOptions(ShareOptions):
    """The options of product quantisation."""

    m: str = option("d/2", "bytes a row: a number of parts, or d/2, d/4 of the dimensions")
    opq: bool = option(False, "find a rotation first: d/4 is much better with it where dimensions go together")
    seed: int = option(0, "of the sample and of k-means", low=0)


class PQ(Encoded):
    """A row is norm * (its centroids side by side), turned back where there is a rotation (Jégou et al. 2011; OPQ).

    Rows of length 1 are quantised and the norms kept as they are; the lengths of the centroids are kept too, so that
    a scan knows the cosine of what a row decodes to: a sum of looked-up products divided by that length. Searches are
    exact for the decoded rows. The same seed gives the same bytes, whatever the number of threads. `encode` also takes
    `counts` [R], how often the word of each row occurs, for the sample that centroids come from; and `like`, another
    matrix in this codec, whose codebook and rotation are used as they are.

    >>> rows = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)
    >>> matrix = PQ.encode(rows, m=4)
    >>> matrix.codes.shape, matrix.codebook.shape
    ((100, 4), (4, 100, 2))
    """

    name, scan = "pq", kernel.PQ
    options, arrays = PQOptions, ("counts", "like")

    def __init__(
        self, codes: NDArray[np.uint8], books: Floats, norms: Floats, lengths: Floats, dim: int, rotation: Floats | None
    ) -> None:
        super().__init__(codes, dim, norms, lengths)
        self.codebook, self.rotation = frozen(books), None if rotation is None else frozen(rotation)
        # A code of a damaged file that has no centroid decodes to zeros.
        parts, clusters, part = books.shape
        self._books = books
        if clusters < codebooks.CENTROIDS:
            self._books = np.zeros((parts, codebooks.CENTROIDS, part), np.float32)
            self._books[:, :clusters] = books

    @classmethod
    def _encode(  # type: ignore[override]
        cls,
        matrix: Any,
        norms: Floats | None,
        options: PQOptions,
        counts: ArrayLike | None = None,
        like: PQ | None = None,
    ) -> Self:
        """Centroids from k-means (k-means++, 25 rounds) on 65,536 rows, drawn by the square roots of `counts` if given.

        `like` encodes with the codebook and the rotation of another matrix, and trains nothing.
        """
        dim = matrix.shape[1]
        if like is None:
            part = -(-dim // share_of(options.m, dim, "parts"))
            parts = -(-dim // part)
            norms = _checked_lengths(each_block(matrix, norms, lambda *_: None))
            rows = codebooks.sample(matrix, norms, counts, options.seed)
            rotation = codebooks.train_rotation(rows, parts, part, options.seed) if options.opq else None
            turned = rows if rotation is None else np.ascontiguousarray(rows @ rotation.T)
            books = codebooks.train(turned, parts, part, options.seed)
        elif like.shape[1] != dim:
            raise OptionError(f"like must have rows of {dim} numbers, as the matrix has; got {like.shape[1]}")
        else:
            books, rotation = like.codebook, like.rotation
        codes, lengths = np.empty((len(matrix), len(books)), np.uint8), np.empty(len(matrix), np.float32)
        squares = np.square(books.astype(np.float64)).sum(axis=2)

        def work(first: int, block: Floats, true: Doubles) -> None:
            here = slice(first, first + len(block))
            scale = true if norms is None else norms[here].astype(np.float64)
            unit = np.divide(block, scale[:, None], out=np.zeros(block.shape), where=scale[:, None] > 0)
            unit32 = unit.astype(np.float32)
            labels = codebooks.nearest(unit32 if rotation is None else unit32 @ rotation.T, books)
            labels[:, ~(scale > 0)] = 0
            codes[here] = labels.T
            decoded = np.sqrt(np.take_along_axis(squares, labels.astype(np.intp), axis=1).sum(axis=0))
            lengths[here] = np.where(scale > 0, decoded, 0)  # so that zero rows have no score

        return cls(codes, books, _checked_lengths(each_block(matrix, norms, work)), lengths, dim, rotation)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Self:
        """See `Rows`."""
        codes = tensor(tensors, "", "u1", None, None)
        rows, parts = codes.shape
        dim = number(config, "dim", max(1, parts), 1 << 24)
        books = tensor(tensors, ".codebook", "<f4", parts, None, None)
        _, clusters, part = books.shape
        if not parts or not 1 <= clusters <= codebooks.CENTROIDS or part != -(-dim // parts):
            raise FormatError(f"a codebook must fit {parts} parts of {dim} numbers; the file has {list(books.shape)}")
        rotation = tensor(tensors, ".rotation", "<f4", dim, dim) if ".rotation" in tensors else None
        norms, lengths = tensor(tensors, ".norm", "<f4", rows), tensor(tensors, ".length", "<f4", rows)
        return cls(codes, books, norms, lengths, dim, rotation)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The codes, norms, lengths of the decoded rows of norm 1, centroids [M, K, part], and the rotation [D, D]."""
        tensors = {"": self.codes, ".norm": self.norms, ".length": self._factors, ".codebook": self.codebook}
        return tensors if self.rotation is None else {**tensors, ".rotation": self.rotation}

    def config(self) -> dict[str, Any]:
        """The dimensions of a row."""
        return {"dim": self.shape[1]}

    def slack(self) -> float:
        """The roundings of a sum over parts; with a rotation, those of the products that turn a row back too."""
        dim = self.shape[1]
        return float((len(self.codebook) + 32 + (0 if self.rotation is None else dim**1.5 + dim)) * ULP)

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        decoded = codebooks.decode(self.codes[rows], self._books, self.shape[1])
        if self.rotation is not None:
            turned = np.empty_like(decoded, order="C")
            kernel.rotate(np.ascontiguousarray(decoded), self._back, turned)
            decoded = turned
        return np.ascontiguousarray(decoded * self.norms[rows][:, None])

    @cached_property
    def _back(self) -> Floats:
        assert self.rotation is not None
        return np.ascontiguousarray(self.rotation.T)

    def _prepare(self, units: Floats) -> Prepared:
        """The products of every part of a query and its centroids: [Q, M, 256] float32."""
        turned = units.astype(np.float64)
        if self.rotation is not None:
            turned = turned @ self.rotation.T
        parts, clusters, part = self.codebook.shape
        padded = np.zeros((len(units), parts * part))
        padded[:, : units.shape[1]] = turned
        tables = np.zeros((len(units), parts, codebooks.CENTROIDS), np.float32)
        for query, numbers in enumerate(padded.reshape(-1, parts, part)):
            tables[query, :, :clusters] = np.einsum("mkd,md->mk", self.codebook, numbers)
        return tables.reshape(len(units), -1).view(np.uint8), np.zeros((len(units), 3), np.float32)


def _checked_lengths(norms: Floats) -> Floats:
    """The lengths of rows; OptionError where one is beyond float32, and so the row could not be decoded."""
    if np.isinf(norms).any():
        raise OptionError(
            f"rows must have a length that float32 holds, for pq; row {int(np.isinf(norms).argmax())} has a greater "
            "one: scale the rows, or choose another codec"
        )
    return norms
