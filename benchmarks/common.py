"""What the benchmarks share: one process at a time, pairs in alternating order, medians with their spread."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from recording import PAIRS, numbers

# Saved vectors as PREFIX.npy and PREFIX.vocab, which the script of --quality reads.
AS_NPY = """
import sys, numpy, wordvec
vectors = wordvec.load(sys.argv[1])
numpy.save(sys.argv[2] + ".npy", vectors.vectors)
open(sys.argv[2] + ".vocab", "w").write("".join(word + "\\n" for word in vectors.index_to_key))
print("{}")
"""


def environment() -> dict[str, str]:
    """That of a process which keeps byte code, as an installed package has it: to compile ours takes half a second."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(python: str, code: str, *arguments: object, timeout: float | None = None) -> dict[str, Any]:
    """Run `code` in a process of its own: the JSON that it printed, and `whole`, its wall time in seconds.

    TimeoutExpired where it is not done after so many seconds; the process is then ended.
    """
    command = [python, "-c", code, *map(str, arguments)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=timeout, env=environment())
    whole = time.perf_counter() - started
    return {**json.loads(done.stdout), "whole": whole}


def first_tokens(lines: list[str], tokens: int) -> list[list[str]]:
    """The tokens of the first lines, of as many as have `tokens` together."""
    some: list[list[str]] = []
    for line in lines:
        if tokens <= 0:
            break
        some.append(line.split())
        tokens -= len(some[-1])
    return some


def pairs(count: int, ours: Callable[[int], Any], theirs: Callable[[int], Any]) -> Iterator[tuple[Any, Any]]:
    """(ours(i), theirs(i)) for i from 0, kept for the record; who goes first changes from pair to pair."""
    for i in range(count):
        if i % 2 == 0:
            mine = ours(i)
            other = theirs(i)
        else:
            other = theirs(i)
            mine = ours(i)
        PAIRS.append({"ours": numbers(mine), "theirs": numbers(other)})
        yield mine, other


def logged(both: Iterator[tuple[Any, Any]], log: str | None, **facts: Any) -> list[tuple[Any, Any]]:
    """All pairs, each shown on stderr as a line of JSON when it is there, and added to a file where one is given."""
    results = []
    for ours, theirs in both:
        line = json.dumps({**facts, "seed": len(results) + 1, "ours": ours, "theirs": theirs})
        print(line, file=sys.stderr, flush=True)
        if log:
            with open(log, "a") as file:
                file.write(line + "\n")
        results.append((ours, theirs))
    return results


def spread(values: list[float], digits: int = 3) -> str:
    """The median, and the smallest and largest value."""
    return f"{statistics.median(values):.{digits}g} ({min(values):.{digits}g} to {max(values):.{digits}g})"


def quality(
    vectors: Any, script: str, data: str, *, python: str = sys.executable, as_npy: str = AS_NPY
) -> dict[str, float]:
    """The scores that an independent script gives to vectors: ours, or the path of a file that `as_npy` reads."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "vectors")
        if hasattr(vectors, "save"):
            vectors.save(prefix + ".safetensors")
            vectors = prefix + ".safetensors"
        run(python, as_npy, vectors, prefix)
        done = subprocess.run([sys.executable, script, prefix, data], check=True, stdout=subprocess.PIPE)
    return {test: score[0] for test, score in json.loads(done.stdout).items() if isinstance(score, list)}


def table(*columns: object) -> None:
    """The head of a markdown table."""
    print("\n| " + " | ".join(map(str, columns)) + " |\n|" + "---|" * len(columns))


def row(*values: object) -> None:
    """A row of it."""
    cells = (f"{value:.3f}" if isinstance(value, float) else str(value) for value in values)
    print("| " + " | ".join(cells) + " |", flush=True)


def unit(matrix: Any) -> Any:
    """Rows at length 1."""
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
