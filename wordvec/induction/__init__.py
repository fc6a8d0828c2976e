"""Vectors of new words from the words around them: A La Carte and means of contexts."""

from wordvec.induction.alacarte import ALaCarte, induce
from wordvec.induction.options import Induction

__all__ = ["ALaCarte", "Induction", "induce"]
