"""Suites of test sets: what is found under folders of data, run for several models, compared, and remembered."""

from __future__ import annotations

from wordvec.evaluate.suite.comparing import Difference, differences, fallen
from wordvec.evaluate.suite.discovery import SUITES, Found, find, suite_of
from wordvec.evaluate.suite.running import Model, Report, Run, evaluate

__all__ = [
    "SUITES",
    "Difference",
    "Found",
    "Model",
    "Report",
    "Run",
    "differences",
    "evaluate",
    "fallen",
    "find",
    "suite_of",
]
