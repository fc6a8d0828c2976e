"""Processes that serve one file: how much anonymous memory each takes over `import wordvec`, and how big a pickle is.

    python benchmarks/serving_memory.py FOLDER [--processes 8] [--rows 1000000] [--dim 300] [--codec float32]

Linux only: `Anonymous` of /proc/PID/smaps_rollup. A file of ROWS x DIM is made in FOLDER and removed at the end. Every
process opens it, asks 100 times for ten neighbours, looks 1000 words up, and stays until all have measured.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from recording import record

SERVE = """
import json, sys
import wordvec
from wordvec import KeyedVectors, load, search  # what is lazy, too
def anonymous():
    return sum(int(l.split()[1]) for l in open("/proc/self/smaps_rollup") if l.startswith("Anonymous")) * 1024
before = anonymous()
vectors = load(sys.argv[1])
for i in range(100):
    vectors.most_similar(f"w{i}", topn=10)
for i in range(1000):
    vectors[f"w{i}"]
print(json.dumps(anonymous() - before), flush=True)
sys.stdin.readline()
"""


def make(path: Path, rows: int, dim: int, codec: str) -> None:
    """Random vectors in a native file."""
    import wordvec

    matrix = np.random.default_rng(1).standard_normal((rows, dim), np.float32)
    vectors = wordvec.KeyedVectors((f"w{i}" for i in range(rows)), matrix, range(rows, 0, -1))
    (vectors if codec == "float32" else vectors.compress(codec)).save(path)


def main() -> None:
    """Serve, measure and print the table."""
    import wordvec

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--codec", default="float32")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder, "served.safetensors")
        make(path, options.rows, options.dim, options.codec)
        size = len(pickle.dumps(wordvec.load(path)))
        command = [sys.executable, "-c", SERVE, str(path)]
        pipe = subprocess.PIPE
        thread_pool = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(options.processes)]
        grown = [json.loads(process.stdout.readline()) / 1e6 for process in thread_pool]  # type: ignore[union-attr]
        for process in thread_pool:
            process.communicate("\n")
    print(f"{options.processes} processes, one file of {options.rows} x {options.dim} {options.codec}\n")
    print("| | largest | mean |\n|---|---|---|")
    print(f"| anonymous memory over import, MB a process | {max(grown):.1f} | {np.mean(grown):.1f} |")
    print(f"| a pickle of the opened vectors, bytes | {size} | |")


if __name__ == "__main__":
    record(main)
