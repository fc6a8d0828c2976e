"""Text classifiers after fastText: training, testing, compression, and one file for a model."""

from wordvec.classify.model import TextClassifier
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.results import LabelScore, Result

__all__ = ["ClassifierOptions", "LabelScore", "Result", "TextClassifier"]
