"""What checkpoints cost: time and peak memory of training with one each T against none.

    python benchmarks/checkpoints.py CORPUS [--every 1m 5s] [--epochs 10] [--words 1000000] [--pairs 3]
    python benchmarks/checkpoints.py --short

Skip-gram of 100 dimensions on CORPUS, and of 300 dimensions on tokens that are drawn for `--words` words (0: left out).
Each run is a process of its own; runs with and without checkpoints take turns. The last checkpoint, which the run waits
for, is part of its time and also shown alone, as are the pauses, in which no thread trains. Peaks are of anonymous
memory, read from the kernel every 20 ms (Linux only), above that of the run without checkpoints, in matrices.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from common import pairs, spread
from recording import record
from train_memory import anonymous

TRAIN = """
import json, sys, tempfile, time
import numpy as np
import wordvec
from wordvec.optim import checkpoints

source, size, epochs, every, workers, folder = sys.argv[1:]
if source.startswith("drawn:"):
    words, rng = int(source[6:]), np.random.default_rng(0)
    tokens = max(20 * words, 1000)
    ids = np.minimum((words ** rng.random(tokens)).astype(np.int32), words - 1)  # about Zipf's law
    ids[:words] = rng.permutation(words)  # each word occurs
    corpus = wordvec.encode_corpus((ids, np.arange(0, tokens + 1, 20)), min_count=1)
else:
    corpus = wordvec.encode_corpus(source)
pauses, save = [], checkpoints.Checkpoints.save

def timed(self, state, position, *, last=False):
    self.finish()
    started = time.perf_counter()
    save(self, state, position, last=last)
    pauses.append((time.perf_counter() - started, last))

checkpoints.Checkpoints.save = timed
trainer = wordvec.SkipGram(vector_size=int(size), epochs=int(epochs), workers=int(workers))
settings = None if every == "none" else wordvec.Checkpoint(folder, every=every)
started, busy = time.perf_counter(), time.process_time()
vectors = trainer.fit(corpus, checkpoint=settings)
seconds, busy = time.perf_counter() - started, time.process_time() - busy
print(json.dumps({
    "words": len(vectors),
    "seconds": seconds,
    "busy": busy,
    "checkpoints": len(pauses),
    "pauses": sum(pause for pause, last in pauses if not last),
    "last": sum(pause for pause, last in pauses if last),
}))
"""


def measured(source: str, size: int, epochs: int, every: str, workers: int) -> dict[str, Any]:
    """One run: what it prints, and `peak`, its anonymous memory in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", TRAIN, source, *map(str, (size, epochs, every, workers)), f"{folder}/kept"]
        child, peak = subprocess.Popen(command, stdout=subprocess.PIPE), 0
        while child.poll() is None:
            peak = max(peak, anonymous(child.pid))
            time.sleep(0.02)
        if child.returncode:
            raise SystemExit(child.returncode)
        return {**json.loads(child.stdout.read()), "peak": peak}  # type: ignore[union-attr]


def share_of(both: list[tuple[dict[str, Any], dict[str, Any]]], workers: int) -> str:
    """The parts of time and of processor time that all checkpoints but the last take, at one a minute."""
    shares = []
    for one, other in both:
        count = max(one["checkpoints"] - 1, 1)
        time_each = (one["seconds"] - one["last"] - other["seconds"]) / count
        shares.append((time_each / 60, (one["busy"] - other["busy"]) / (count + 1) / 60 / workers))
    return " and ".join(f"{100 * statistics.median(share):.2f} %" for share in zip(*shares))


def main() -> None:
    """Run all settings and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--every", nargs="+", default=["1m", "5s"])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.short:
        arguments.every, arguments.epochs, arguments.pairs = ["15s"], 3, 1
    elif arguments.corpus is None:
        parser.error("CORPUS must be given without --short")
    heads = "words x dimensions,every,with (s),without (s),ratio,checkpoints,pauses (s),last (s),at one a minute,memory"
    print("| " + heads.replace(",", " | ") + " |\n" + "|---" * (heads.count(",") + 1) + "|")
    sources = [(arguments.corpus, 100)] * (not arguments.short) + [(f"drawn:{arguments.words}", 300)] * (
        arguments.words > 0
    )
    for source, size in sources:
        for every in arguments.every:

            def run(number: int, every: str = every, source: str = source, size: int = size) -> dict[str, Any]:
                return measured(source, size, arguments.epochs, every, arguments.workers)

            both = list(pairs(arguments.pairs, run, lambda number, run=run: run(number, "none")))
            ours, theirs = ([pair[which] for pair in both] for which in range(2))
            words = ours[0]["words"]
            extra = statistics.median(one["peak"] - other["peak"] for one, other in both) / (4 * words * size)
            row = [
                f"{words:,} x {size}",
                every,
                spread([one["seconds"] for one in ours]),
                spread([one["seconds"] for one in theirs]),
                spread([one["seconds"] / other["seconds"] for one, other in both], 4),
                statistics.median(one["checkpoints"] for one in ours),
                spread([one["pauses"] for one in ours]),
                spread([one["last"] for one in ours]),
                share_of(both, arguments.workers),
                f"{extra:.2f} matrices",
            ]
            print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    record(main)
