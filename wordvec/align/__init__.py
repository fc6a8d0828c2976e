"""Spaces brought together: maps fitted to pairs of words, self-learning, and lexicons induced and evaluated."""

from wordvec.align.aligned import Aligned, LexiconResult, LexiconScores, evaluate_lexicon, induce
from wordvec.align.fitting import METHODS, fit_map
from wordvec.align.lexicon import Coverage, Lexicon, read_lexicon, write_lexicon
from wordvec.align.maps import Map
from wordvec.align.methods import CCA, Linear, Method, MultiStep, Orthogonal
from wordvec.align.normalizing import Normalizer
from wordvec.align.rcsls import RCSLS
from wordvec.align.refining import refine
from wordvec.align.selflearning import Evidence, Learning, SelfLearned, self_learn

__all__ = [
    "CCA",
    "METHODS",
    "RCSLS",
    "Aligned",
    "Coverage",
    "Evidence",
    "Learning",
    "Lexicon",
    "LexiconResult",
    "LexiconScores",
    "Linear",
    "Map",
    "Method",
    "MultiStep",
    "Normalizer",
    "Orthogonal",
    "SelfLearned",
    "evaluate_lexicon",
    "fit_map",
    "induce",
    "read_lexicon",
    "refine",
    "self_learn",
    "write_lexicon",
]
