"""Vectors of new words and of senses from contexts and n-grams: means, A La Carte, selective, clusters and others."""

from wordvec.contexts.options import Induction
from wordvec.induction.alacarte import ALaCarte
from wordvec.induction.form_context import FormContext, FormContextOptions
from wordvec.induction.inducing import METHODS, induce
from wordvec.induction.selective import Selective, SelectiveOptions
from wordvec.induction.word_senses import SenseOptions, senses_of

__all__ = [
    "METHODS",
    "ALaCarte",
    "FormContext",
    "FormContextOptions",
    "Induction",
    "Selective",
    "SelectiveOptions",
    "SenseOptions",
    "induce",
    "senses_of",
]
