"""Text classifiers after fastText: training, testing, compression, and one file for a model."""

from wordvec.classify.model import TextClassifier
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.results import LabelScore, Result
from wordvec.classify.tuning import Tuned, TuningTrial, autotune

__all__ = ["ClassifierOptions", "LabelScore", "Result", "TextClassifier", "Tuned", "TuningTrial", "autotune"]
