"""The loggers of the package, and warnings that point at the line of the caller."""

from __future__ import annotations

import logging
import sys
import warnings

LOG = logging.getLogger("wordvec")
LOG.addHandler(logging.NullHandler())  # silent until the application configures logging

EPOCHS = logging.getLogger("wordvec.epochs")  # one line after each epoch


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called the package, however deep inside the package this is called."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] == "wordvec":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
