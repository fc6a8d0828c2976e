"""What the benchmarks share: one process at a time, pairs in alternating order, medians with their spread."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any


def run(python: str, code: str, *arguments: object) -> dict[str, Any]:
    """Run `code` in a process of its own: the JSON that it printed, and `whole`, its wall time in seconds."""
    started = time.perf_counter()
    done = subprocess.run([python, "-c", code, *map(str, arguments)], check=True, stdout=subprocess.PIPE)
    whole = time.perf_counter() - started
    return {**json.loads(done.stdout), "whole": whole}


def pairs(count: int, ours: Callable[[int], Any], theirs: Callable[[int], Any]) -> Iterator[tuple[Any, Any]]:
    """(ours(i), theirs(i)) for i from 0; who goes first changes from pair to pair."""
    for i in range(count):
        if i % 2 == 0:
            first = ours(i)
            yield first, theirs(i)
        else:
            first = theirs(i)
            yield ours(i), first


def spread(values: list[float], digits: int = 3) -> str:
    """The median, and the smallest and largest value."""
    return f"{statistics.median(values):.{digits}g} ({min(values):.{digits}g} to {max(values):.{digits}g})"
