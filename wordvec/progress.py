"""A progress bar on stderr, for those who ask for one."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


def progress_bar(
    total: int | None, shown: bool, description: str = "", unit: str = " words"
) -> AbstractContextManager[Any]:
    """A tqdm bar that goes up to `total`, or, where it is not `shown`, a context that gives None."""
    if not shown:
        return nullcontext()
    from tqdm import tqdm

    bar: AbstractContextManager[Any] = tqdm(
        total=total, desc=description or None, unit=unit, unit_scale=True, mininterval=0.2
    )
    return bar
