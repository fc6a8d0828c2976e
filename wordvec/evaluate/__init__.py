"""How good vectors are: rank correlation with word similarities, and accuracy on analogies."""

from wordvec.evaluate.analogy import AnalogyResult, AnalogySection, analogies
from wordvec.evaluate.similarity import WordPairsResult, word_pairs

__all__ = ["AnalogyResult", "AnalogySection", "WordPairsResult", "analogies", "word_pairs"]
