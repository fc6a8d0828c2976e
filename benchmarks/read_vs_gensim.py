"""Reading and writing word2vec files: binary against `cat`, warm and cold; text against gensim, both ways.

    python benchmarks/read_vs_gensim.py FOLDER [--peer-python PYTHON_WITH_GENSIM] [--rounds 3] [--compressed]

Files of 1.2 GB (1 M x 300, binary) and 0.36 GB (100 k x 300, text) are made in FOLDER and removed at the end. Every
reading is a process of its own that times the one call; the tools take turns in alternating order. Cold: the file's
pages are dropped first, by POSIX_FADV_DONTNEED, which needs no rights but may leave some. Median, lowest and highest,
as a markdown table on standard output; `fault` is what it takes to touch as much new memory as the matrix needs, which
no reader can do without. A file that wordvec writes is on the disk when the call returns; gensim leaves that to the
system. Times of the processor do not depend on the disk, and little on what else runs.

With --compressed the text is read from .gz, .zip and .zst, too: .gz by isal (extra fast-gzip) against Python's zlib.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from common import pairs, run, spread
from recording import headline, record

from wordvec.outputs import open_output

OURS = """
import json, sys, time
from wordvec import formats
start, used = time.perf_counter(), time.process_time()
kv = formats.load(sys.argv[1])
result = {"read": time.perf_counter() - start, "read_cpu": time.process_time() - used, "rows": len(kv)}
if len(sys.argv) > 2:
    start, used = time.perf_counter(), time.process_time()
    formats.save(kv, sys.argv[2], "word2vec-text")
    result |= {"write": time.perf_counter() - start, "write_cpu": time.process_time() - used}
print(json.dumps(result))
"""
THEIRS = """
import json, sys, time
from gensim.models import KeyedVectors
start, used = time.perf_counter(), time.process_time()
kv = KeyedVectors.load_word2vec_format(sys.argv[1])
result = {"read": time.perf_counter() - start, "read_cpu": time.process_time() - used, "rows": len(kv)}
start, used = time.perf_counter(), time.process_time()
kv.save_word2vec_format(sys.argv[2])
result |= {"write": time.perf_counter() - start, "write_cpu": time.process_time() - used}
print(json.dumps(result))
"""
WITHOUT_ISAL = 'import sys; sys.modules |= dict.fromkeys(["isal", "isal.igzip"])' + OURS
FAULT = """
import json, sys, time
import numpy as np
start = time.perf_counter(); np.full((int(sys.argv[1]), int(sys.argv[2])), 1, np.float32)
print(json.dumps({"fault": time.perf_counter() - start}))
"""


def make(path: Path, rows: int, dim: int, kind: str) -> None:
    """A file of random vectors."""
    from wordvec import formats
    from wordvec.vectors import KeyedVectors

    matrix = np.random.default_rng(1).standard_normal((rows, dim), np.float32)
    matrix *= 0.1
    formats.save(KeyedVectors((f"word{i}" for i in range(rows)), matrix), path, kind)
    with open(path, "rb") as file:
        os.fsync(file.fileno())  # what is not on disk cannot be dropped


def drop(path: Path) -> None:
    """Forget the pages of a file."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def cat(path: Path) -> float:
    start = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        subprocess.run(["cat", path], stdout=nowhere, check=True)
    return time.perf_counter() - start


def binary(path: Path, options: argparse.Namespace, times: dict[str, list[float]]) -> None:
    """Our reading against cat, in pairs."""
    for cold in (False, True):
        state = "cold" if cold else "warm"

        def ours(_: int, cold: bool = cold) -> float:
            if cold:
                drop(path)
            return run(sys.executable, OURS, path)["read"]

        def theirs(_: int, cold: bool = cold) -> float:
            if cold:
                drop(path)
            return cat(path)

        for mine, cats in pairs(options.rounds, ours, theirs):
            times[f"binary, {state}: read, s"].append(mine)
            times[f"binary, {state}: cat, s"].append(cats)
            times[f"binary, {state}: read / cat"].append(mine / cats)
            if not cold:
                fault = run(sys.executable, FAULT, options.rows, options.dim)["fault"]
                times["fault, s"].append(fault)


def text(folder: Path, path: Path, options: argparse.Namespace, times: dict[str, list[float]]) -> None:
    """Our reading and writing against gensim's, in pairs."""
    size = path.stat().st_size / 1e6

    def one(python: str, code: str, name: str) -> dict[str, float]:
        return run(python, code, path, folder / name)

    ours = [lambda _: one(sys.executable, OURS, "ours.txt"), lambda _: one(options.peer_python, THEIRS, "theirs.txt")]
    rounds = options.rounds
    found = pairs(rounds, *ours) if options.peer_python else ((ours[0](i), None) for i in range(rounds))
    for mine, other in found:
        for what in ("read", "write"):
            times[f"text: {what}, MB/s"].append(size / mine[what])
            times[f"text: {what}, MB a second of the processor"].append(size / mine[f"{what}_cpu"])
            if other is not None:
                ratio = other[f"{what}_cpu"] / mine[f"{what}_cpu"]
                times[f"text: {what}, times gensim, of the processor"].append(ratio)
                times[f"text: gensim, {what}, MB/s"].append(size / other[what])
                times[f"text: {what}, times gensim"].append(other[what] / mine[what])


def packed(path: Path, kind: str) -> Path:
    """The file, compressed; quickly, as that matters little for reading."""
    target = path.with_name(f"{path.name}.{kind}")
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(path, path.name)
        return target
    with open(path, "rb") as file, gzip.open(target, "wb", 1) if kind == "gz" else open_output(target) as out:
        shutil.copyfileobj(file, out, 1 << 20)
    return target


def compressed(path: Path, options: argparse.Namespace, times: dict[str, list[float]]) -> None:
    """Our reading of compressed text with isal against that without, in pairs."""
    size = path.stat().st_size / 1e6
    for kind in ("gz", "zip", "zst"):
        file = packed(path, kind)
        ours = [lambda _, code=code, file=file: run(sys.executable, code, file) for code in (OURS, WITHOUT_ISAL)]
        for mine, other in pairs(options.rounds, *ours):
            times[f"text.{kind}: read, MB/s of text"].append(size / mine["read"])
            times[f"text.{kind}: read, MB of text a second of the processor"].append(size / mine["read_cpu"])
            if kind == "gz":
                times[f"text.{kind}: read, times zlib"].append(other["read"] / mine["read"])
                times[f"text.{kind}: read, times zlib, of the processor"].append(other["read_cpu"] / mine["read_cpu"])
        file.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer-python", help="an interpreter that can import gensim")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the binary file")
    parser.add_argument("--text-rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--compressed", action="store_true", help="read .gz, .zip and .zst, too")
    options = parser.parse_args()
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        make(folder / "bench.bin", options.rows, options.dim, "word2vec-binary")
        binary(folder / "bench.bin", options, times)
        (folder / "bench.bin").unlink()
        make(folder / "bench.txt", options.text_rows, options.dim, "word2vec-text")
        text(folder, folder / "bench.txt", options, times)
        if options.compressed:
            compressed(folder / "bench.txt", options, times)
    print(f"{options.rows} x {options.dim} binary, {options.text_rows} x {options.dim} text,")
    print(f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}, Python {platform.python_version()},")
    print(f"numpy {np.__version__}, {options.rounds} rounds\n")
    for what in ("read", "write") if options.peer_python else ():
        sides = (times[f"text: {whose}{what}, MB/s"] for whose in ("", "gensim, "))
        headline(
            f"word2vec text, {options.text_rows // 1000} k x {options.dim}: {what}", "gensim", *sides, "MB/s", more=True
        )
    for state in ("warm", "cold"):
        sides = (times[f"binary, {state}: {what}, s"] for what in ("read", "cat"))
        headline(f"word2vec binary, 1 M x 300, {state} cache", "`cat`", *sides)
    print("| what | median (lowest to highest) |\n|---|---|")
    for name, values in times.items():
        print(f"| {name} | {spread(values)} |")
    middle = statistics.median(times["binary, warm: read, s"])
    print(f"\nbinary, warm: {options.rows * options.dim * 4 / middle / 1e9:.2f} GB/s")


if __name__ == "__main__":
    record(main)
