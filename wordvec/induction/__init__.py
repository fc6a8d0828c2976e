"""Vectors of new words from their contexts and their n-grams: means, A La Carte, selective training, form-context."""

from wordvec.contexts.options import Induction
from wordvec.induction.alacarte import ALaCarte
from wordvec.induction.form_context import FormContext, FormContextOptions
from wordvec.induction.inducing import METHODS, induce
from wordvec.induction.selective import Selective, SelectiveOptions

__all__ = [
    "METHODS",
    "ALaCarte",
    "FormContext",
    "FormContextOptions",
    "Induction",
    "Selective",
    "SelectiveOptions",
    "induce",
]
