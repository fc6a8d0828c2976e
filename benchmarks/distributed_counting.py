"""What several processes bring to encoding and counting: one process of one thread against N of one thread each.

    python benchmarks/distributed_counting.py CORPUS [--pairs 3] [--processes 2] [--parts 2 4] [--window 5]

CORPUS     a plain text file, one sentence a line
--pairs    pairs of runs; who goes first changes from pair to pair
--parts    the numbers of parts that are tried in counting; encoding has its default

Processes are those of a ProcessPoolExecutor with a FolderStore in the folder for temporary files; they are started, and
have imported wordvec, before the time is taken. Both sides end with the whole matrix on this machine, and with the same
bytes. A ratio is the time of one process over that of N; printed are the median and the smallest and largest.
"""

from __future__ import annotations

import argparse
import sys

from common import pairs, run, spread
from recording import record

ALONE = """
import json, sys, time, zlib
import wordvec
corpus, window = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
encoded = wordvec.encode_corpus(corpus, workers=1)
middle = time.perf_counter()
counts = wordvec.count(encoded, window=window, workers=1)
stop = time.perf_counter()
print(json.dumps({"encode": middle - start, "count": stop - middle, "crc": zlib.crc32(counts.data)}))
"""

TOGETHER = """
import json, sys, tempfile, time, zlib
from concurrent.futures import ProcessPoolExecutor
import wordvec
from wordvec import distributed
corpus, window, processes, parts = sys.argv[1], *map(int, sys.argv[2:])
with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(processes) as executor:
    small = [["a", "b"]] * 4
    for _ in range(2):  # starts the processes, and imports what they need
        store = distributed.FolderStore(folder)
        distributed.count(small, executor=executor, store=store, min_count=1, parts=processes)
    start = time.perf_counter()
    encoded = distributed.encode_corpus(corpus, executor=executor, store=store)
    middle = time.perf_counter()
    counts = distributed.count(encoded, window=window, parts=parts)
    stop = time.perf_counter()
    print(json.dumps({"encode": middle - start, "count": stop - middle, "crc": zlib.crc32(counts.data)}))
"""


def main() -> None:
    """Run all settings and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--parts", nargs="+", type=int, default=[2])
    parser.add_argument("--window", type=int, default=5)
    arguments = parser.parse_args()
    both = arguments.corpus, arguments.window
    print("| phase | parts | 1 process, s | N processes, s | ratio |\n|---|---|---|---|---|")
    for parts in arguments.parts:

        def together(_: int, parts: int = parts) -> dict[str, float]:
            return run(sys.executable, TOGETHER, *both, arguments.processes, parts)

        results = list(pairs(arguments.pairs, together, lambda _: run(sys.executable, ALONE, *both)))
        assert all(many["crc"] == one["crc"] for many, one in results), "the counts differ"
        for phase in ("encode", "count"):
            times = [spread([one[phase] for one in runs]) for runs in zip(*results)]
            ratio = spread([one[phase] / many[phase] for many, one in results])
            print(f"| {phase} | {parts if phase == 'count' else ''} | {times[1]} | {times[0]} | {ratio} |", flush=True)


if __name__ == "__main__":
    record(main)
