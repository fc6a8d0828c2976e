"""Transforms of vectors: fitted on a matrix in blocks, saved with it, and applied to new vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import numbers, whole_numbers
from wordvec.base.errors import FormatError, OptionError
from wordvec.transforms.fitting import check_overflow, integer, number, ranges
from wordvec.transforms.steps import (
    ABTT,
    PCA,
    STEPS,
    Center,
    Fitted,
    Multiply,
    Rotation,
    SIFScale,
    Standardize,
    Step,
    Truncate,
    Unit,
    Whiten,
)

__all__ = [
    "ABTT",
    "PCA",
    "STEPS",
    "Center",
    "Fitted",
    "Multiply",
    "Rotation",
    "SIFScale",
    "Standardize",
    "Step",
    "Transforms",
    "Truncate",
    "Unit",
    "Whiten",
]

Floats = NDArray[np.float32]

_MOST_STEPS = 64


class Transforms:
    """Fitted steps, one after another.

    >>> matrix = np.array([[2, 0], [0, 1], [4, 0.5]], np.float32)
    >>> transforms = Transforms.fit([Center()], matrix)
    >>> transforms.apply([[2, 0]]).tolist()
    [[0.0, -0.5]]
    """

    def __init__(self, steps: Sequence[Fitted]) -> None:
        if not steps:
            raise OptionError("steps must hold one fitted step or more; got none")
        for before, after in pairwise(steps):
            if before.dims[1] != after.dims[0]:
                raise OptionError(
                    f"{after.name} must take {before.dims[1]} numbers, as {before.name} gives; it takes {after.dims[0]}"
                )
        self.steps = tuple(steps)

    @classmethod
    def fit(cls, steps: Sequence[Step], matrix: Any, counts: ArrayLike | None = None) -> Transforms:
        """Fit steps one after another, each to the matrix transformed by the previous steps."""
        if not steps:
            raise OptionError("steps must hold one step or more, such as Center(); got none")
        fitted: Transforms | None = None
        for step in steps:
            if not isinstance(step, Step):
                raise _no_step(step)
            fitted = then(fitted, step.fit(matrix, counts, after=fitted))
        assert fitted is not None
        return fitted

    @property
    def dims(self) -> tuple[int, int]:
        """The dimensions of a vector before and after."""
        return self.steps[0].dims[0], self.steps[-1].dims[1]

    def affine(self) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[Fitted, ...]]:
        """(matrix [D, D''], offset [D''], rest): the leading affine steps as y = x @ matrix + offset, and the rest.

        `rest` starts with the first step that is not affine, which only Unit is. SIFScale counts as the identity, as
        it scales words of the corpus alone.
        """
        matrix, offset = np.eye(self.dims[0]), np.zeros(self.dims[0])
        for place, step in enumerate(self.steps):
            part = step.affine()
            if part is None:
                return matrix, offset, self.steps[place:]
            matrix, offset = matrix @ part[0], offset @ part[0] + part[1]
        return matrix, offset, ()

    def apply(self, vectors: Any, counts: ArrayLike | None = None) -> Floats:
        """[n, D'] float32 from vectors [n, D], an array or an encoded matrix, which is read in blocks.

        Only SIFScale needs `counts` [n], the corpus counts of the words. OptionError names a row that would overflow
        float32.
        """
        if hasattr(vectors, "key_to_index"):
            raise OptionError(
                f"vectors must be an array; got {type(vectors).__name__}: vectors.transformed(...) takes transforms"
            )
        rows = vectors
        if not hasattr(vectors, "shape") or getattr(getattr(vectors, "dtype", None), "kind", "f") not in "fiu":
            rows = numbers(vectors, "vectors", "rows of numbers").astype(np.float32)
        if len(rows.shape) != 2 or rows.shape[1] != self.dims[0]:
            raise OptionError(f"vectors must be [n, {self.dims[0]}], as those that were fitted; got shape {rows.shape}")
        known = None if counts is None else whole_numbers(counts, "counts")
        result = np.empty((len(rows), self.dims[1]), np.float32)
        for first, last in ranges(len(rows), max(self.dims)):
            before = part = np.asarray(rows[first:last], np.float32)
            with np.errstate(over="ignore", invalid="ignore"):
                for step in self.steps:
                    part = step.apply(part, None if known is None else known[first:last])
            check_overflow(before, part, first, repr(self))
            result[first:last] = part
        return result

    def tensors(self) -> dict[str, Floats]:
        """The arrays of all steps by position and name: "0.mean", "1.matrix"."""
        return {f"{i}.{name}": array for i, step in enumerate(self.steps) for name, array in step.tensors().items()}

    def config(self) -> list[dict[str, Any]]:
        """Name, options and dimensions of each step, for JSON."""
        return [{"step": step.name, "options": step.options, "dims": list(step.dims)} for step in self.steps]

    def copied(self) -> Transforms:
        """The same with arrays of its own, none of them mapped from a file."""
        steps: list[Fitted] = []
        for step in self.steps:
            arrays: dict[str, Any] = {name: np.array(array) for name, array in step.tensors().items()}
            steps.append(replace(step, **arrays))
        return Transforms(steps)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]], config: Any) -> Transforms:
        """The inverse of `tensors` and `config`; FormatError where they do not fit together."""
        if not isinstance(config, list) or not 0 < len(config) <= _MOST_STEPS:
            raise FormatError(f"transforms must be a list of 1 to {_MOST_STEPS} steps; got {str(config)[:80]}")
        unused = dict(tensors)
        try:
            result = cls([_from_tensors(i, facts, unused) for i, facts in enumerate(config)])
        except OptionError as error:
            raise FormatError(f"transforms: {error}") from None
        if unused:
            names = ", ".join(unused)[:200]
            raise FormatError(f"transforms must have no tensors but those of their steps; got {names}")
        return result

    def __repr__(self) -> str:
        return f"Transforms({' > '.join(step.name for step in self.steps)}: {self.dims[0]} to {self.dims[1]})"


def joined(before: Transforms | None, after: Transforms | None) -> Transforms | None:
    """`before`, then `after`; either may be None."""
    steps = [*(before.steps if before else ()), *(after.steps if after else ())]
    return Transforms(steps) if steps else None


def shift(offset: NDArray[np.float64]) -> Fitted:
    """The step that adds an offset [D] to every row that is not all zeros."""
    return Fitted(Center.name, {}, (len(offset), len(offset)), mean=(-offset).astype(np.float32))


def _no_step(step: Any) -> OptionError:
    """The error for something given as a step that is not one: a name, a class."""
    names = {name: kind.__name__ for name, kind in sorted(STEPS.items())}
    call = names.get(step, "ABTT") if isinstance(step, str) else "ABTT"
    return OptionError(
        f"a step must be one of {', '.join(names.values())} of wordvec.transforms, as an object, {call}(); got {step!r}"
    )


def then(before: Transforms | None, step: Fitted) -> Transforms:
    """The transforms followed by one more step."""
    return Transforms([*(before.steps if before else ()), step])


def _from_tensors(place: int, facts: Any, tensors: dict[str, NDArray[Any]]) -> Fitted:
    """One step of a file; its tensors are removed from `tensors`."""
    facts = facts if isinstance(facts, dict) else {}
    name, options, dims = facts.get("step"), facts.get("options"), facts.get("dims")
    kind = STEPS.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(options, dict):
        raise FormatError(f"transform {place} must be one of {', '.join(STEPS)}, with options; got {str(facts)[:80]}")
    if not isinstance(dims, list) or len(dims) != 2 or not all(type(d) is int and d > 0 for d in dims):
        raise FormatError(f"transform {place} must have two sizes, before and after; got {str(dims)[:80]}")
    if dims[0] != dims[1] and kind is not Multiply and not (kind in (PCA, Truncate) and dims[1] < dims[0]):
        raise FormatError(f"transform {place}, {name}, cannot lead from {dims[0]} to {dims[1]} numbers")
    if kind is SIFScale:
        number(options.get("a"), "a", 1e-12)
        integer(options.get("total"), "total", 1, 2**63)
    arrays = {}
    for part in kind.holds:
        array, shape = tensors.pop(f"{place}.{part}", None), tuple(dims) if part == "matrix" else (dims[0],)
        if array is None or array.shape != shape or array.dtype != np.float32:
            got = "none" if array is None else f"{array.dtype} {list(array.shape)}"
            raise FormatError(f"transform tensor '{place}.{part}' must be float32 {list(shape)}; got {got}")
        if not np.isfinite(array).all():
            raise FormatError(f"transform tensor '{place}.{part}' must hold finite numbers; it holds NaN or infinity")
        arrays[part] = array
    return Fitted(str(name), options, (dims[0], dims[1]), **arrays)
