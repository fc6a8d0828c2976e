"""A progress bar on a terminal or in a notebook, for those who ask for one."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def is_seen() -> bool:
    """Whether somebody may look at a bar: stderr is a terminal, or this is a notebook; a file is not drawn upon."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if type(running).__name__ == "ZMQInteractiveShell":
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


def progress_bar(
    total: int | None, shown: bool, description: str = "", unit: str = " words"
) -> AbstractContextManager[Any]:
    """A tqdm bar that goes up to `total`, or, where it is not `shown` or nobody sees it, a context that gives None."""
    if not shown or not is_seen():
        return nullcontext()
    from tqdm.auto import tqdm

    bar: AbstractContextManager[Any] = tqdm(
        total=total, desc=description or None, unit=unit, unit_scale=True, mininterval=0.2
    )
    return bar
