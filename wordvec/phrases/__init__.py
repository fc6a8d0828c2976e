"""Phrases: words that stand together more often than by chance, found in a corpus and joined to one word."""

from wordvec.phrases.model import Phrases
from wordvec.phrases.options import ENGLISH_CONNECTOR_WORDS
from wordvec.phrases.scoring import log_likelihood_scorer, npmi_scorer, original_scorer
from wordvec.phrases.terms import Term, extract_terms
from wordvec.phrases.transform import FrozenPhrases

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "Phrases",
    "Term",
    "extract_terms",
    "log_likelihood_scorer",
    "npmi_scorer",
    "original_scorer",
]
