"""KeyedVectors, words and their vectors, and Concatenated, which joins several of them without a copy."""

from __future__ import annotations

from wordvec.vectors.concatenated import Concatenated
from wordvec.vectors.keyed_vectors import KeyedVectors
from wordvec.vectors.oov import Coverage

__all__ = ["Concatenated", "Coverage", "KeyedVectors"]
