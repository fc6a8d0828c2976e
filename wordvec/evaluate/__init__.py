"""How good vectors are: rank correlation with word similarities, and accuracy on analogies."""

from wordvec.evaluate.analogy import AnalogyResult, AnalogySection, analogies
from wordvec.evaluate.compression import CompressionReport, compression_report
from wordvec.evaluate.deltas import TaskDelta, task_deltas
from wordvec.evaluate.similarity import WordPairsResult, word_pairs

__all__ = [
    "AnalogyResult",
    "AnalogySection",
    "CompressionReport",
    "TaskDelta",
    "WordPairsResult",
    "analogies",
    "compression_report",
    "task_deltas",
    "word_pairs",
]
