"""Fitted alignment maps: applied to arrays and to keyed vectors, and stored in a small file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from wordvec import store
from wordvec.align.arrays import Doubles, Floats
from wordvec.base.arguments import numbers
from wordvec.base.errors import FormatError, OptionError
from wordvec.search.arrays import as_matrix
from wordvec.transforms import Center, Fitted, Multiply, Transforms, Unit
from wordvec.vectors import KeyedVectors

if TYPE_CHECKING:
    from wordvec.align.lexicon.aligned import Aligned

KIND = "wordvec-map"
_SMALL = 1024  # dimensions for which a map in a file need not have a matrix
_LARGEST_RATIO = 64  # of the elements of a matrix to the elements that the file holds
_SINGULAR = 1e-5  # the smallest singular value, as a share of the largest, that float32 can be inverted with


class Map:
    """The fitted function from a source and a target into one space: transforms of each side.

    `source` maps the source. `target` maps the target; it is None where the source is mapped into the space of the
    target. `facts` says how the map was fitted: the method, the number of pairs, and results of the method.

    >>> from wordvec.align import Orthogonal
    >>> quarter = Orthogonal().fit([[1, 0], [0, 1]], [[0, 1], [-1, 0]])
    >>> quarter.transform([[2, 0]]).tolist(), quarter.inverse([[0, 2]]).tolist()
    ([[0.0, 2.0]], [[2.0, 0.0]])
    """

    def __init__(
        self, source: Transforms, target: Transforms | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        if target is not None and target.dims[1] != source.dims[1]:
            raise OptionError(
                f"target must lead to the {source.dims[1]} dimensions that source leads to; it leads to "
                f"{target.dims[1]}"
            )
        self.source, self.target = source, target
        self.facts: dict[str, Any] = dict(facts or {})

    @property
    def keeps_target(self) -> bool:
        """Whether cosines of the target do not change, so that the mapped source is comparable to the target itself."""
        return self.target is None or all(step.name == Unit.name for step in self.target.steps)

    @property
    def matrix(self) -> Doubles:
        """[D, D'] float64: the linear part for the source, x -> x W, the product of its matrices."""
        return _product(self.source)

    @property
    def target_matrix(self) -> Doubles | None:
        """[D, D'] float64: the linear part for the target; None where the target is not mapped."""
        return None if self.target is None else _product(self.target)

    def transform(self, vectors: ArrayLike) -> Floats:
        """[n, D'] float32: vectors [n, D] of the source, mapped into the common space."""
        return self.source.apply(vectors)

    def transform_target(self, vectors: ArrayLike) -> Floats:
        """[n, D'] float32: vectors [n, D] of the target, mapped into the common space."""
        return as_matrix(numbers(vectors, "vectors"), "vectors") if self.target is None else self.target.apply(vectors)

    def inverse(self, vectors: ArrayLike) -> Floats:
        """[n, D] float32: vectors [n, D'] of the common space, mapped back into the source after its normalisation.

        Norms that a normalisation to unit norm removed are not restored. OptionError where the matrix cannot be
        inverted: it reduces the dimensions, or is singular.
        """
        wide = numbers(vectors, "vectors", "rows of numbers")
        if wide.ndim != 2 or wide.shape[1] != self.source.dims[1]:
            raise OptionError(f"vectors must be [n, {self.source.dims[1]}], as mapped ones are; got shape {wide.shape}")
        for step in reversed(self.source.steps):
            if step.matrix is not None:
                wide = wide @ _inverse(step)
            elif step.name == Center.name and step.mean is not None:
                wide = wide + step.mean
            elif step.name == Unit.name:
                break
        return wide.astype(np.float32)

    def apply(self, vectors: KeyedVectors) -> KeyedVectors:
        """The vectors of the source in the common space; `transforms` and the metadata record the map.

        Subwords, counts and attributes stay, so that out-of-vocabulary words are mapped, too.
        """
        return self._applied(vectors, self.source, "source")

    def apply_target(self, vectors: KeyedVectors) -> KeyedVectors:
        """The vectors of the target in the common space; the same object where the target is not mapped."""
        return vectors if self.target is None else self._applied(vectors, self.target, "target")

    def aligned(self, source: KeyedVectors, target: KeyedVectors, **options: Any) -> Aligned:
        """Both sides in the common space, ready to translate; `options` are those of `Aligned`."""
        from wordvec.align.lexicon.aligned import Aligned

        return Aligned(self.apply(source), self.apply_target(target), **options)

    def _applied(self, vectors: KeyedVectors, steps: Transforms, side: str) -> KeyedVectors:
        if vectors.vector_size != steps.dims[0]:
            raise OptionError(
                f"vectors must have {steps.dims[0]} numbers, as the {side} that the map was made for; "
                f"got some of {vectors.vector_size}"
            )
        mapped = vectors.transformed(steps)
        mapped.metadata = {**mapped.metadata, "alignment": {"side": side, **self.facts}}
        return mapped

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map to a small safetensors file, which appears when it is complete."""
        tensors: dict[str, Any] = {f"source.{name}": array for name, array in self.source.tensors().items()}
        metadata: dict[str, Any] = {"facts": self.facts, "source": self.source.config(), "target": None}
        if self.target is not None:
            tensors |= {f"target.{name}": array for name, array in self.target.tensors().items()}
            metadata["target"] = self.target.config()
        store.write_file(path, tensors, {"metadata": metadata}, kind=KIND)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Map:
        """Read a file that `save` has written; FormatError where it is damaged or another kind of file."""
        stored = store.open_file(path, mmap=False, kind=KIND)
        metadata = stored.config["metadata"]
        tensors = {name: array for name, array in stored.tensors.items() if not stored.layout[name].is_padding}
        sides: list[Transforms | None] = []
        try:
            for side in ("source", "target"):
                names = [name for name in tensors if name.startswith(f"{side}.")]
                own = {name.removeprefix(f"{side}."): tensors.pop(name) for name in names}
                config = metadata.get(side)
                no_target = side == "target" and config is None and not own
                sides.append(None if no_target else Transforms.from_tensors(own, config))
            if tensors or not isinstance(metadata.get("facts"), dict):
                raise FormatError(f"a map must have facts and the tensors of its two sides; got also {sorted(tensors)}")
            assert sides[0] is not None
            _check_width([side for side in sides if side is not None])
            return cls(sides[0], sides[1], metadata["facts"])
        except (OptionError, FormatError) as error:
            raise FormatError(f"{os.fspath(path)}: {error}") from None

    def __repr__(self) -> str:
        return f"Map({self.facts.get('method', 'of unknown origin')}: {self.source.dims[0]} to {self.source.dims[1]})"


def _check_width(sides: list[Transforms]) -> None:
    """FormatError where applying the map of a file needs [D, D] float64 matrices much larger than the file."""
    elements = sum(array.size for side in sides for step in side.steps for array in step.tensors().values())
    for side in sides:
        if side.dims[0] > _SMALL and side.dims[0] ** 2 > _LARGEST_RATIO * elements:
            raise FormatError(
                f"a map of vectors of {side.dims[0]} numbers must have matrices of that size; it holds {elements} "
                "numbers"
            )


def multiplied(matrix: Doubles) -> Transforms:
    """Transforms that multiply by a matrix."""
    return Transforms([Multiply(matrix).fitted()])


def _product(transforms: Transforms) -> Doubles:
    product = np.eye(transforms.dims[0])
    for step in transforms.steps:
        if step.matrix is not None:
            product = product @ step.matrix
    return product


def _inverse(step: Fitted) -> Doubles:
    """[D', D] the pseudo-inverse of the matrix of a step; OptionError where that is singular or reduces dimensions."""
    assert step.matrix is not None
    u, s, v = np.linalg.svd(step.matrix.astype(np.float64), full_matrices=False)
    rows, columns = step.matrix.shape
    if columns < rows or s[-1] <= _SINGULAR * s[0]:
        why = (
            f"it leads from {rows} numbers to {columns}"
            if columns < rows
            else f"its singular values are from {s[-1]:.2g} to {s[0]:.2g}"
        )
        raise OptionError(f"the matrix of a map must keep every direction to be inverted; {why}")
    inverse: Doubles = (v.T / s) @ u.T
    return inverse
