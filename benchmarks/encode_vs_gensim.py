"""Reading and encoding a text file against gensim's vocabulary scan: whole processes in turn, medians of paired runs.

    python benchmarks/encode_vs_gensim.py CORPUS --peer-python PYTHON [--pairs 5] [--workers 1 2] [--min-count 5]

CORPUS         a plain text file, one sentence a line
--peer-python  an interpreter that has gensim (default: this one)
--pairs        how often each side runs; sides take turns, and the order is reversed in every other pair
--workers      numbers of threads for our side, each paired with its own runs of gensim, which has one
--min-count    the same for both sides

Ours reads the file, counts, and writes the ids of all tokens; gensim, build_vocab(corpus_file=...), only counts.
Two times are taken of each run: of the whole process, start and imports included, and of the call alone. A ratio is
gensim's time over ours within one pair; printed are the median and the smallest and largest. MB/s a core is the size of
the file over the processor time of our call. The table goes to standard output, each run to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from common import pairs, run, spread
from recording import headline, record

OURS = """
import json, sys, time
from wordvec.corpus import encode_corpus
wall, cpu = time.perf_counter(), time.process_time()
corpus = encode_corpus(sys.argv[1], min_count=int(sys.argv[2]), workers=int(sys.argv[3]))
call = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({"call": call[0], "cpu": call[1], "words": len(corpus.vocabulary), "tokens": corpus.stats.read}))
"""
GENSIM = """
import json, sys, time
from gensim.models import Word2Vec
wall, cpu = time.perf_counter(), time.process_time()
model = Word2Vec(min_count=int(sys.argv[2]), vector_size=1)
model.build_vocab(corpus_file=sys.argv[1])
call = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({"call": call[0], "cpu": call[1], "words": len(model.wv), "tokens": model.corpus_total_words}))
"""


def paired(arguments: argparse.Namespace, workers: int) -> list[tuple[dict[str, float], dict[str, float]]]:
    """Runs of (ours, gensim's), in alternating order."""
    results = []
    for ours, theirs in pairs(
        arguments.pairs,
        lambda _: run(sys.executable, OURS, arguments.corpus, arguments.min_count, workers),
        lambda _: run(arguments.peer_python, GENSIM, arguments.corpus, arguments.min_count),
    ):
        if ours["words"] != theirs["words"]:
            print("the vocabularies differ:", ours, theirs, file=sys.stderr)
        print(f"{workers} workers:", json.dumps({"ours": ours, "gensim": theirs}), file=sys.stderr)
        results.append((ours, theirs))
    return results


def main() -> None:
    """Run the pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--min-count", type=int, default=5)
    arguments = parser.parse_args()
    size = os.path.getsize(arguments.corpus) / 1e6
    with open(arguments.corpus, "rb") as file:  # so that neither side pays for a cold file
        while file.read(1 << 24):
            pass
    print("| workers | ours, call s | gensim, call s | call ratio | ours, process s | ratio | MB/s | MB/s a core |")
    print("|---|---|---|---|---|---|---|---|")
    for workers in arguments.workers:
        results = paired(arguments, workers)
        cells = [
            spread([ours["call"] for ours, _ in results]),
            spread([gensim["call"] for _, gensim in results]),
            spread([gensim["call"] / ours["call"] for ours, gensim in results]) + "x",
            spread([ours["whole"] for ours, _ in results]),
            spread([gensim["whole"] / ours["whole"] for ours, gensim in results]) + "x",
            spread([size / ours["call"] for ours, _ in results]),
            spread([size / ours["cpu"] for ours, _ in results]),
        ]
        print(f"| {workers} | " + " | ".join(cells) + " |", flush=True)
        times = ([one["whole"] for one in side] for side in zip(*results, strict=True))
        headline(f"reading and encoding, {workers} worker{'s' * (workers > 1)}", "gensim, which only counts", *times)


if __name__ == "__main__":
    record(main)
