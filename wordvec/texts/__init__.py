"""Vectors of texts from vectors of words: means, weighted means, maxima, products of matrices."""

from wordvec.texts.encoder import TextEncoder
from wordvec.texts.weights import Learned

__all__ = ["Learned", "TextEncoder"]
