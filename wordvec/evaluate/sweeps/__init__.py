"""Sweeps: a model trained with many settings on one corpus, each judged on the same test sets."""

from __future__ import annotations

from wordvec.evaluate.sweeps.judging import Judge
from wordvec.evaluate.sweeps.results import Setting, Sweep, Trial
from wordvec.evaluate.sweeps.running import sweep
from wordvec.evaluate.sweeps.settings import Range

__all__ = ["Judge", "Range", "Setting", "Sweep", "Trial", "sweep"]
