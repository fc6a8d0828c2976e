"""How good vectors are: rank correlation with word similarities, accuracy on analogies, probes on tagged text."""

from wordvec.evaluate.analogy import AnalogyResult, AnalogySection, analogies
from wordvec.evaluate.compression import CompressionReport, compression_report
from wordvec.evaluate.deltas import TaskDelta, task_deltas
from wordvec.evaluate.probing import ProbeResult, probe
from wordvec.evaluate.similarity import WordPairsResult, word_pairs

__all__ = [
    "AnalogyResult",
    "AnalogySection",
    "CompressionReport",
    "ProbeResult",
    "TaskDelta",
    "WordPairsResult",
    "analogies",
    "compression_report",
    "probe",
    "task_deltas",
    "word_pairs",
]
