"""KeyedVectors, words and their vectors; PoincareVectors, SenseVectors; Concatenated, which joins several."""

from __future__ import annotations

from wordvec.vectors.concatenated import Concatenated
from wordvec.vectors.keyed_vectors import KeyedVectors
from wordvec.vectors.oov import Coverage
from wordvec.vectors.poincare import PoincareVectors
from wordvec.vectors.senses import SenseVectors

__all__ = ["Concatenated", "Coverage", "KeyedVectors", "PoincareVectors", "SenseVectors"]
