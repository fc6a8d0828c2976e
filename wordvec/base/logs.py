"""What work says while it goes on, through the logger "wordvec", and warnings that point at the caller's own line."""

from __future__ import annotations

import logging
import sys
import warnings

LOG = logging.getLogger("wordvec")
LOG.addHandler(logging.NullHandler())  # who wants to read configures logging; nothing is said to others

EPOCHS = logging.getLogger("wordvec.epochs")  # of it the lines that are said after each epoch


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """A warning at the line that called the package, however deep in the package it comes from."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] == "wordvec":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
