"""Classifiers of texts in fastText's manner: trained, tested, compressed, kept in one file."""

from wordvec.classify.model import TextClassifier
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.results import LabelScore, Result

__all__ = ["ClassifierOptions", "LabelScore", "Result", "TextClassifier"]
