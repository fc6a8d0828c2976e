"""New vectors from old ones: parts of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from wordvec.keyed_vectors.base import Base

if TYPE_CHECKING:
    from typing_extensions import Self


class Editing(Base):
    """Changing what vectors hold."""

    def subset(self, words: Iterable[str] | None = None, *, rows: ArrayLike | None = None) -> Self:
        """New vectors in memory of some words, in their order; the rows may be given instead."""
        if rows is None:
            rows = np.array([self._vocabulary.index(word) for word in words or ()], np.int64)
        chosen = np.asarray(rows, np.int64)
        return type(self)(
            self._vocabulary.take(chosen), self._vectors[chosen], metadata=self.metadata, context=self._context
        )
