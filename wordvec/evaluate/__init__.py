"""Intrinsic evaluation: similarity, analogies, probes on tagged text and on texts, trees, compression, agreement."""

from wordvec.evaluate.analogy import AnalogyResult, AnalogySection, analogies
from wordvec.evaluate.comparison import Comparison, compare
from wordvec.evaluate.compression import CompressionReport, compression_report
from wordvec.evaluate.deltas import TaskDelta, task_deltas
from wordvec.evaluate.order import (
    TextProbeResult,
    TextProbing,
    TextTask,
    bigram_shift,
    main_tense,
    probe_texts,
    subject_number,
    text_length,
    word_content,
)
from wordvec.evaluate.probing import ProbeResult, Probing, probe
from wordvec.evaluate.reconstruction import ReconstructionResult, reconstruction
from wordvec.evaluate.similarity import WordPairsResult, word_pairs

__all__ = [
    "AnalogyResult",
    "AnalogySection",
    "Comparison",
    "CompressionReport",
    "ProbeResult",
    "Probing",
    "ReconstructionResult",
    "TaskDelta",
    "TextProbeResult",
    "TextProbing",
    "TextTask",
    "WordPairsResult",
    "analogies",
    "bigram_shift",
    "compare",
    "compression_report",
    "main_tense",
    "probe",
    "probe_texts",
    "reconstruction",
    "subject_number",
    "task_deltas",
    "text_length",
    "word_content",
    "word_pairs",
]
