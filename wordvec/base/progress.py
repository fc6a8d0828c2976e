"""A progress bar on a terminal or in a notebook, where one is asked for."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any


def is_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(running).__mro__)


def is_seen() -> bool:
    """Whether a bar can be seen: stderr is a terminal, or this is a notebook."""
    if is_notebook():
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is no stderr, or it is closed
        return False


def progress_bar(
    total: int | None, shown: bool, description: str = "", unit: str = " words"
) -> AbstractContextManager[Any]:
    """A tqdm bar up to `total`; a context that gives None where it is not `shown` or cannot be seen.

    It is a widget in a notebook that has ipywidgets. Without them tqdm.auto would warn, and it is a bar of text.
    """
    if not shown or not is_seen():
        return nullcontext()
    if is_notebook() and find_spec("ipywidgets") is not None:
        from tqdm.auto import tqdm
    else:
        from tqdm.std import tqdm

    bar: AbstractContextManager[Any] = tqdm(
        total=total, desc=description or None, unit=unit, unit_scale=True, mininterval=0.2
    )
    return bar
