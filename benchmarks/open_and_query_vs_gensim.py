"""Opening and querying 1 M x 300: wordvec, gensim's load(mmap="r"), and one read of the matrix; time and memory.

    python benchmarks/open_and_query_vs_gensim.py FOLDER [--peer-python PYTHON_WITH_GENSIM] [--rounds 5]

Files of 2 x 1.2 GB are made in FOLDER and removed at the end. Every figure is the median of the rounds with the lowest
and highest; tools and tasks take turns, so that a slow minute of the machine hits all of them. A markdown table on
standard output.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from recording import headline, record

ONE, MANY = "top-10 of one query", "top-10 of each of 64 queries at once"
KINDS = ("random words of all", "500 words again and again")
PEER = """
import json, sys, time
import numpy as np
from gensim.models import KeyedVectors
start = time.perf_counter(); kv = KeyedVectors.load(sys.argv[1], mmap="r"); opened = time.perf_counter() - start
kv.most_similar("w5"); start = time.perf_counter(); kv.most_similar("w7"); query = time.perf_counter() - start
print(json.dumps({"gensim: open": opened, "gensim: top-10, second query": query}))
"""
MAKE_PEER = """
import sys, numpy as np
from gensim.models import KeyedVectors
matrix = np.load(sys.argv[1], mmap_mode="r")
kv = KeyedVectors(matrix.shape[1]); kv.key_to_index = {f"w{i}": i for i in range(len(matrix))}
kv.index_to_key = list(kv.key_to_index); kv.vectors = np.array(matrix); kv.save(sys.argv[2])
"""
OURS = """
import json, sys, time
import numpy as np
from wordvec.vectors import KeyedVectors
from wordvec import formats, search
def anonymous():
    return sum(int(l.split()[1]) for l in open("/proc/self/smaps_rollup") if l.startswith("Anonymous")) * 1024
before = anonymous()
start = time.perf_counter(); kv = formats.load(sys.argv[1]); opened = time.perf_counter() - start
start = time.perf_counter(); kv.most_similar("w5"); first = time.perf_counter() - start
start = time.perf_counter(); kv.most_similar("w7"); second = time.perf_counter() - start
for i in range(1000): kv[f"w{i}"]
grown = anonymous() - before
print(json.dumps({"open": opened, "top-10, first query (maps the pages)": first, "top-10, second query": second,
                  "anonymous memory grown by open and query": grown}))
"""


def child(python: str, code: str, *arguments: object) -> dict[str, float]:
    run = subprocess.run(
        [python, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True, env=os.environ
    )
    return json.loads(run.stdout) if run.stdout.strip() else {}


def make(folder: Path, rows: int, dim: int, peer: str | None) -> tuple[Path, Path]:
    """The same vectors as a native file and as a file of gensim."""
    from wordvec.vectors import KeyedVectors

    rng = np.random.default_rng(1)
    matrix = np.empty((rows, dim), np.float32)
    for first in range(0, rows, 10_000):
        block = rng.standard_normal((min(10_000, rows - first), dim), np.float32)
        matrix[first : first + len(block)] = block
    ours, theirs = folder / "bench.safetensors", folder / "bench.kv"
    KeyedVectors((f"w{i}" for i in range(rows)), matrix, range(rows, 0, -1)).save(ours)
    if peer:
        np.save(folder / "bench.npy", matrix)
        child(peer, MAKE_PEER, folder / "bench.npy", theirs)
        (folder / "bench.npy").unlink()
    return ours, theirs


def timed(times: dict[str, list[float]], rounds: int, tasks: dict[str, tuple[Callable[[], object], int]]) -> None:
    """Let tasks take turns; the time of each is divided by how many things it does."""
    for task, _ in tasks.values():
        task()
    for _ in range(rounds):
        for name, (task, things) in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append((time.perf_counter() - start) / things)


def scans(ours: Path, rounds: int, times: dict[str, list[float]]) -> None:
    """Queries, against a read of the matrix by as many threads."""
    from wordvec import formats, search

    kv = formats.load(ours)
    matrix, cores = kv.vectors, len(os.sched_getaffinity(0))
    queries = np.random.default_rng(2).standard_normal((64, matrix.shape[1])).astype(np.float32)
    parts = np.array_split(matrix.reshape(-1).view(np.int64), cores)

    def read() -> None:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(np.bitwise_xor.reduce, parts))

    tasks: dict[str, tuple[Callable[[], object], int]] = {
        f"one read of the matrix, {cores} threads": (read, 1),
        ONE: (lambda: search.nearest(matrix, queries[:1], 10, norms=kv.norms), 1),
        MANY: (lambda: search.nearest(matrix, queries, 10, norms=kv.norms), 64),
    }
    timed(times, rounds, tasks)


def look_ups(ours: Path, rounds: int, times: dict[str, list[float]]) -> None:
    """Look-ups by word, against rows of numpy, and against a dict, which is what gensim has."""
    from wordvec import formats

    kv = formats.load(ours)
    matrix = kv.vectors
    rows = {word: row for row, word in enumerate(kv)}
    picked = [kv.index_to_key[i] for i in np.random.default_rng(2).integers(0, len(kv), 20_000)]
    for kind, words in zip(KINDS, (picked, picked[:500] * 40), strict=True):
        indices = [rows[word] for word in words]
        tasks: dict[str, tuple[Callable[[], object], int]] = {
            f"matrix[i], {kind}": (lambda i=indices: deque((matrix[row] for row in i), 0), len(words)),
            f"matrix[dict[word]], {kind}": (lambda w=words: deque((matrix[rows[word]] for word in w), 0), len(words)),
            f"kv[word], {kind}": (lambda w=words: deque((kv[word] for word in w), 0), len(words)),
        }
        timed(times, rounds, tasks)


def show(times: dict[str, list[float]]) -> None:
    def text(value: float, name: str) -> str:
        if "memory" in name:
            return f"{value / 1e6:.1f} MB"
        return f"{value * 1e9:.0f} ns" if value < 1e-5 else f"{value * 1e3:.2f} ms"

    print("| what | median | lowest | highest |\n|---|---|---|---|")
    for name, values in times.items():
        print("|", " | ".join([name, *(text(f(values), name) for f in (statistics.median, min, max))]), "|")
    middle = {name: statistics.median(values) for name, values in times.items()}
    read = next(value for name, value in middle.items() if name.startswith("one read"))
    lines = [
        ("one query / one read of the matrix", middle[ONE] / read),
        ("one query / one of 64", middle[ONE] / middle[MANY]),
    ]
    if "gensim: open" in middle:
        lines.append(("opening, gensim / wordvec", middle["gensim: open"] / middle["open"]))
        second = middle["top-10, second query"]
        headline("opening 1 M x 300", "gensim, mapped", times["open"], times["gensim: open"])
        pair = times["top-10, second query"], times["gensim: top-10, second query"]
        headline("one top-10 over 1 M x 300", "gensim", *pair)
        lines.append(("second query, gensim / wordvec", middle["gensim: top-10, second query"] / second))
    print("\n| ratio of medians | |\n|---|---|")
    for name, ratio in lines:
        print(f"| {name} | {ratio:.2f} |")
    for kind in KINDS:
        extra = middle[f"kv[word], {kind}"] - middle[f"matrix[i], {kind}"]
        print(f"| look-up over a numpy row, {kind} | {extra * 1e9:.0f} ns |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer-python", help="an interpreter that can import gensim")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    options = parser.parse_args()
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        ours, theirs = folder / "bench.safetensors", folder / "bench.kv"
        make(folder, options.rows, options.dim, options.peer_python)
        for round in range(options.rounds):
            runs = [(sys.executable, OURS, ours)]
            if options.peer_python:
                runs.append((options.peer_python, PEER, theirs))
            for python, code, path in runs if round % 2 else reversed(runs):
                for name, value in child(python, code, path).items():
                    times[name].append(value)
        scans(ours, options.rounds, times)
        look_ups(ours, options.rounds, times)
    print(f"{options.rows} x {options.dim} float32, {len(os.sched_getaffinity(0))} cores, {platform.machine()},")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {options.rounds} rounds\n")
    show(times)


if __name__ == "__main__":
    record(main)
