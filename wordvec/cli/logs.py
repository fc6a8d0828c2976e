"""What the log says, on stderr, for the time of a command: what was used, and of each epoch where there is no bar."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def logged(arguments: Namespace) -> Iterator[None]:
    """Lines of the log on stderr, for verbs that have --quiet, and without it."""
    if getattr(arguments, "quiet", True):
        yield
        return
    import logging

    from wordvec.base.logs import EPOCHS, LOG
    from wordvec.base.progress import is_seen

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name != EPOCHS.name or not is_seen():
                sys.stderr.write(f"{record.getMessage()}\n")

    handler: Any = Lines(logging.INFO)
    before = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(before)
