"""How good vectors are: rank correlation with word similarities, accuracy on analogies, probes on tagged text."""

from wordvec.evaluate.analogy import AnalogyResult, AnalogySection, analogies
from wordvec.evaluate.compression import CompressionReport, compression_report
from wordvec.evaluate.deltas import TaskDelta, task_deltas
from wordvec.evaluate.order import (
    TextProbeResult,
    TextTask,
    bigram_shift,
    probe_texts,
    subject_number,
    text_length,
    word_content,
)
from wordvec.evaluate.probing import ProbeResult, probe
from wordvec.evaluate.similarity import WordPairsResult, word_pairs

__all__ = [
    "AnalogyResult",
    "AnalogySection",
    "CompressionReport",
    "ProbeResult",
    "TaskDelta",
    "TextProbeResult",
    "TextTask",
    "WordPairsResult",
    "analogies",
    "bigram_shift",
    "compression_report",
    "probe",
    "probe_texts",
    "subject_number",
    "task_deltas",
    "text_length",
    "word_content",
    "word_pairs",
]
