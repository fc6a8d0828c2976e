"""What reading a file of vectors costs at least, for roofline.py: the system's own rates, and our readers beside them.

A reader must get the bytes (from the disk, or from the memory where the system keeps files), must be given new memory
for the matrix, which the system clears, and must copy the rows there, as words stand between them. On a virtual machine
new memory may have to be found by the host first.

The bound of a file in memory is the time of the cores, where two of them read, touch and copy at the rates shown, and
no more; or that of `cat`. A file that is not in memory is read whole into new memory of its size, by large `pread`s of
one thread and of two: no reader can do less. These, `cat` and our reader take turns, each in a process of its own.
Before each, as much memory is touched and given back as the largest of them needs, so that none finds less at hand.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from common import run

BLOCK = 2 << 20  # bytes read at a time
COLD = """
import json, mmap, os, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
def cold(path):
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    new(2 * os.path.getsize(path) + (256 << 20)).close()
def new(size, touched=True):
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    for at in range(0, size if touched else 0, 4096):
        memory[at] = 1
    return memory
"""
CAT = (
    COLD
    + """
cold(sys.argv[1])
start = time.perf_counter()
subprocess.run(["cat", sys.argv[1]], stdout=subprocess.DEVNULL, check=True)
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": 0.0}))
"""
)
INTO = (
    COLD
    + """
threads, piece, size = int(sys.argv[2]), 2 << 20, os.path.getsize(sys.argv[1])
cold(sys.argv[1])
start, used = time.perf_counter(), time.process_time()
with open(sys.argv[1], "rb") as file, ThreadPoolExecutor(threads) as pool:
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
    view = memoryview(new(size + piece, touched=False))
    list(pool.map(lambda at: os.preadv(file.fileno(), [view[at : at + piece]], at), range(0, size, piece)))
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - used}))
"""
)
READ = (
    COLD
    + """
from wordvec import formats
import wordvec.formats.word2vec_binary
if sys.argv[2] == "cold":
    cold(sys.argv[1])
start, used = time.perf_counter(), time.process_time()
kv = formats.load(sys.argv[1])
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - used}))
"""
)


class Files:
    """The rates of files and of new memory, and what our readers reach of them."""

    def __init__(self, loops: Any, folder: Path, rows: int, dimensions: int, rounds: int) -> None:
        self.loops, self.rounds = loops, rounds
        self.path = folder / "roofline.bin"
        self.size = 4 * rows * dimensions
        self._make(rows, dimensions)

    def _make(self, rows: int, dimensions: int) -> None:
        from wordvec import formats
        from wordvec.vectors import KeyedVectors

        matrix = np.random.default_rng(1).standard_normal((rows, dimensions), np.float32) * np.float32(0.1)
        vectors = KeyedVectors((f"word{i}" for i in range(rows)), matrix)
        formats.save(vectors, self.path, "word2vec-binary")

    def show(self) -> dict[str, float]:
        """Print the tables: the rates, then the readers. All numbers, in GB/s or seconds."""
        rates = {
            "cat, file in memory": [self._cat(cold=False)],
            "cat, file not in memory": [self._cat(cold=True)],
            "reading a file in memory into a buffer": [self._rate(self._read, n) for n in (1, 2)],
            "touching new memory, pages of 4 kB": [self._rate(self._touch_small, n) for n in (1, 2)],
            "touching new memory, huge pages": [self._rate(self._touch_huge, n) for n in (1, 2)],
            "copying from a buffer to touched memory": [self._rate(self._copier(n), n) for n in (1, 2)],
        }
        print("| files and new memory, GB/s | one thread | two threads |\n|---|---|---|")
        for name, values in rates.items():
            print(f"| {name} | " + " | ".join([*(f"{value:.2f}" for value in values), ""][:2]) + " |")
        cores = sum(self.size / 1e9 / values[1] for name, values in list(rates.items())[2:] if "4 kB" not in name)
        facts = {f"{name}, {n + 1}": rate for name, values in rates.items() for n, rate in enumerate(values)}
        columns = "reader", "seconds", "of the processor", "bound", "seconds at the bound", "share"
        print(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
        times = [run(sys.executable, READ, self.path, "warm") for _ in range(self.rounds)]
        seconds, cpu = (min(one[key] for one in times) for key in ("seconds", "cpu"))
        bound, name = max((self.size / 1e9 / rates["cat, file in memory"][0], "cat"), (cores, "cores"))
        print(f"| .bin, warm | {seconds:.3g} | {cpu:.3g} | {name} | {bound:.3g} | {100 * bound / seconds:.0f} % |")
        facts |= {"bin warm": seconds, "bin warm, bound": bound} | self._cold()
        cold, bound = facts["bin cold"], min(facts["cold, into new memory, 1"], facts["cold, into new memory, 2"])
        cpu, name = facts["bin cold, of the processor"], "reading into new memory"
        print(f"| .bin, cold | {cold:.3g} | {cpu:.3g} | {name} | {bound:.3g} | {100 * bound / cold:.0f} % |")
        print("\n| file not in memory, in turns | seconds | times `cat` | times the bound |\n|---|---|---|---|")
        for label, key in (
            ("`cat`", "cold, cat"),
            ("reading into new memory, one thread", "cold, into new memory, 1"),
            ("reading into new memory, two threads", "cold, into new memory, 2"),
            (".bin", "bin cold"),
        ):
            seconds = facts[key]
            print(f"| {label} | {seconds:.3g} | {seconds / facts['cold, cat']:.2f} | {seconds / bound:.2f} |")
        return facts | {"bin cold, bound": bound}

    def _cold(self) -> dict[str, float]:
        """What reads the file where it is not in memory, in turns: medians, in seconds."""
        ways = {
            "cold, cat": (CAT, self.path),
            "cold, into new memory, 1": (INTO, self.path, 1),
            "cold, into new memory, 2": (INTO, self.path, 2),
            "bin cold": (READ, self.path, "cold"),
        }
        times: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
        for turn in range(2 * self.rounds + 1):
            for name, (code, *arguments) in list(ways.items())[:: 1 if turn % 2 else -1]:
                times[name].append(run(sys.executable, code, *arguments))
        facts = {name: statistics.median(one["seconds"] for one in several) for name, several in times.items()}
        return facts | {"bin cold, of the processor": statistics.median(one["cpu"] for one in times["bin cold"])}

    def _cat(self, cold: bool) -> float:
        """GB/s of `cat FILE > /dev/null`."""
        times = []
        for _ in range(self.rounds):
            if cold:
                with open(self.path, "rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            start = time.perf_counter()
            with open(os.devnull, "wb") as nowhere:
                subprocess.run(["cat", self.path], stdout=nowhere, check=True)
            times.append(time.perf_counter() - start)
        return self.size / 1e9 / min(times)

    def _rate(self, work: Callable[[int, int], Any], threads: int) -> float:
        """GB/s of all threads; work(start, size) does a part of the size of the file. New memory: the median."""
        part, times = self.size // threads, []
        for _ in range(self.rounds):
            start = time.perf_counter()
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(work, range(0, part * threads, part), [part] * threads))
            times.append(time.perf_counter() - start)
        return self.size / 1e9 / statistics.median(times)

    def _read(self, start: int, size: int) -> None:
        buffer = bytearray(BLOCK)
        with open(self.path, "rb", buffering=0) as file:
            for at in range(start, start + size, BLOCK):
                os.preadv(file.fileno(), [buffer], at)

    def _touch(self, size: int, advice: int) -> None:
        with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            memory.madvise(advice)
            array = np.frombuffer(memory, np.uint8)
            self.loops.touch(ctypes.c_void_p(array.ctypes.data), ctypes.c_int64(size))
            del array

    def _touch_small(self, _: int, size: int) -> None:
        self._touch(size, mmap.MADV_NOHUGEPAGE)

    def _touch_huge(self, _: int, size: int) -> None:
        self._touch(size, mmap.MADV_HUGEPAGE)

    def _copier(self, threads: int) -> Callable[[int, int], None]:
        target = np.full(self.size, 1, np.uint8)

        def copy(start: int, size: int) -> None:
            buffer = np.full(BLOCK // 4, 2, np.uint8)  # fits into the cache
            place = ctypes.c_void_p(target.ctypes.data + start)
            self.loops.copy_all(
                place, ctypes.c_void_p(buffer.ctypes.data), ctypes.c_int64(size), ctypes.c_int64(len(buffer))
            )

        return copy
