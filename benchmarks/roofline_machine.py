"""The rates of the machine that roofline.py measures, and the work of a kernel that it holds against them."""

from __future__ import annotations

import ctypes
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = {"L1": 24 << 10, "L2": 512 << 10, "L3": 8 << 20, "memory": 1 << 30}  # bytes of the arrays, each to fit
TWO = {1: "", 2: ", two threads"}
AHEAD = 4  # rows that are asked for before their turn
TABLES = (1 << 20, 8 << 20, 30 << 20, 120 << 20, 1200 << 20)  # bytes of the tables of rows


def best(work: Callable[[], Any], rounds: int) -> float:
    """The smallest time of a call, in seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def loops_in(folder: Path) -> ctypes.CDLL:
    """The loops of roofline.c, built in a folder."""
    source, library = Path(__file__).with_name("roofline.c"), folder / "roofline.so"
    subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, source], check=True)
    return ctypes.CDLL(str(library))


class Machine:
    """The rates of the machine, each measured when it is first asked for and then kept."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.loops, self.rounds = loops_in(folder), rounds
        self.lanes = self.loops.lanes()
        self.memory = np.full((max(TABLES) + (64 << 20)) // 4, 1.0, np.float32)  # pages of zeros would be one page
        self.rate = cache(self._rate)

    def _timed(self, calls: list[Callable[[], Any]]) -> float:
        """The time of calls that run side by side; ctypes lets go of the GIL."""
        if len(calls) == 1:
            return best(calls[0], self.rounds)
        with ThreadPoolExecutor(len(calls)) as pool:
            return best(lambda: [done.result() for done in [pool.submit(call) for call in calls]], self.rounds)

    def _rate(self, what: str, threads: int, size: int = 0, row: int = 0) -> float:
        """Operations or bytes a second of all threads together; `size` in bytes, of each thread; `row` in bytes."""
        loops = self.loops
        if what in ("multiply_add", "multiply_bytes"):
            steps, loop = 4_000_000, getattr(loops, what)
            loop.restype = ctypes.c_int64 if what == "multiply_bytes" else ctypes.c_float
            if loop(ctypes.c_int64(1)) == 0 and what == "multiply_bytes":
                return 0.0
            seconds = self._timed([lambda: loop(ctypes.c_int64(steps))] * threads)
            return threads * steps * 16 * self.lanes * (8 if what == "multiply_bytes" else 2) / seconds
        if what in ("read_all", "update_all"):
            count = size // 4 // (8 * self.lanes) * 8 * self.lanes
            times = max(1, (512 << 20) // size)
            calls = [self._in_order(what, self.memory[i * count :], count, times) for i in range(threads)]
            return threads * count * 4 * times / self._timed(calls)
        rows, count = size // row, (256 << 20) // row
        rng = np.random.default_rng(1)
        calls = [self._at_random(what, rng.integers(0, rows, count, np.int32), row) for _ in range(threads)]
        return threads * count * row / self._timed(calls)

    def of_order(self, order: NDArray[np.int32], row: int, writes: bool, threads: int) -> float:
        """Rows a second, where rows of `row` bytes are read, perhaps written, in the order given."""
        what = "update_rows" if writes else "gather_rows"
        seconds = self._timed([self._at_random(what, order, row)] * threads)
        return threads * len(order) / seconds

    def _in_order(self, what: str, array: Any, count: int, times: int) -> Callable[[], Any]:
        loop, start = getattr(self.loops, what), ctypes.c_void_p(array.ctypes.data)
        return lambda: loop(start, ctypes.c_int64(count), ctypes.c_int64(times))

    def _at_random(self, what: str, order: NDArray[np.int32], row: int) -> Callable[[], Any]:
        loop, table = getattr(self.loops, what), ctypes.c_void_p(self.memory.ctypes.data)
        padded = np.concatenate([order, order[:AHEAD]])
        numbers = [ctypes.c_int64(number) for number in (len(order), row // 4, AHEAD)]
        return lambda: (loop(table, ctypes.c_void_p(padded.ctypes.data), *numbers), len(padded))


@dataclass(frozen=True)
class Work:
    """A kernel's work: how to run it, and what it must compute and move."""

    name: str
    call: Callable[[], Any]
    operations: float = 0.0  # float32 multiplications and additions
    byte_operations: float = 0.0  # the same of bytes
    stream: float = 0.0  # bytes that are read in order from memory
    rows: float = 0.0  # rows at random places that are read
    row: int = 64  # bytes of such a row, a multiple of 64
    order: NDArray[np.int32] | None = None  # the first of these rows
    writes: bool = False  # whether rows are written, too
    threads: int = 1

    def bounds(self, machine: Machine) -> dict[str, float]:
        """Seconds that each resource would take alone."""
        found = {
            "arithmetic": self.operations / machine.rate("multiply_add", self.threads),
            "memory": self.stream / machine.rate("read_all", self.threads, LEVELS["memory"] // 2),
        }
        if self.byte_operations and (rate := machine.rate("multiply_bytes", self.threads)):
            found["arithmetic of bytes"] = self.byte_operations / rate
        if self.order is not None:
            found["rows"] = self.rows / machine.of_order(self.order, self.row, self.writes, self.threads)
        return found
