"""The memory that training takes beyond its matrices: peak anonymous memory of the whole process, read from the kernel.

    python benchmarks/train_memory.py CORPUS [--workers 2]

Linux only: `Anonymous` of /proc/PID/smaps_rollup, every 20 ms. Mapped pages of files do not count. Settings: 100 and
300 dimensions with min_count 5, and 300 with min_count 1, which has the most words. The bound is the matrices + 10 % +
100 MB, and the start of the process is part of what is measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

from recording import record

TRAIN = """
import json, sys
import wordvec
corpus, size, min_count, workers = sys.argv[1], *map(int, sys.argv[2:])
vectors = wordvec.train(corpus, vector_size=size, min_count=min_count, workers=workers, epochs=1, sample=1e-4)
print(json.dumps({"words": len(vectors)}))
"""


def anonymous(pid: int) -> int:
    """Bytes of anonymous memory of a process; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Anonymous:"))
    except (OSError, StopIteration):
        return 0


def main() -> None:
    """Run all settings and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print("| vector_size | min_count | words | matrices, MB | peak, MB | bound, MB |\n|---|---|---|---|---|---|")
    for size, min_count in ((100, 5), (300, 5), (300, 1)):
        command = [sys.executable, "-c", TRAIN, arguments.corpus, *map(str, (size, min_count, arguments.workers))]
        child, peak = subprocess.Popen(command, stdout=subprocess.PIPE), 0
        while child.poll() is None:
            peak = max(peak, anonymous(child.pid))
            time.sleep(0.02)
        words = json.loads(child.stdout.read())["words"]  # type: ignore[union-attr]
        matrices = 2 * words * size * 4 / 1e6
        bound = 1.1 * matrices + 100
        print(f"| {size} | {min_count} | {words:,} | {matrices:.0f} | {peak / 1e6:.0f} | {bound:.0f} |", flush=True)


if __name__ == "__main__":
    record(main)
