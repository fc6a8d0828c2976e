"""A progress bar on a terminal or in a notebook, where one is asked for."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def is_seen() -> bool:
    """Whether a bar can be seen: stderr is a terminal, or this is a notebook."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if type(running).__name__ == "ZMQInteractiveShell":
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is no stderr, or it is closed
        return False


def progress_bar(
    total: int | None, shown: bool, description: str = "", unit: str = " words"
) -> AbstractContextManager[Any]:
    """A tqdm bar up to `total`; a context that gives None where it is not `shown` or cannot be seen."""
    if not shown or not is_seen():
        return nullcontext()
    from tqdm.auto import tqdm

    bar: AbstractContextManager[Any] = tqdm(
        total=total, desc=description or None, unit=unit, unit_scale=True, mininterval=0.2
    )
    return bar
