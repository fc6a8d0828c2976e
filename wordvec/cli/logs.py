"""The log on stderr: the corpus and its size, and one line an epoch if no progress bar is shown."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def logged(arguments: Namespace) -> Iterator[None]:
    """Write the log to stderr while a command runs, if its verb has --quiet and it was not given."""
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
    level = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)


@contextmanager
def without_epochs() -> Iterator[None]:
    """A block whose trainings write no line for each epoch, as there are many of them."""
    import logging

    from wordvec.base.logs import EPOCHS

    level = EPOCHS.level
    EPOCHS.setLevel(logging.WARNING)
    try:
        yield
    finally:
        EPOCHS.setLevel(level)
