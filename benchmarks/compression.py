"""What each way to make vectors small costs: size, cosines, neighbours, scores, time; a markdown table.

    python benchmarks/compression.py VECTORS [--pairs FILE...] [--analogies FILE...] [--only NAME...]

Scores are given as they are for the original, and as differences with their 95 % interval for the others.
"""

import argparse
import sys
import time

from recording import record

import wordvec
from wordvec.evaluate import compression_report

WAYS = {
    "float32": lambda v: v,
    "float16": lambda v: v.compress("float16"),
    "bfloat16": lambda v: v.compress("bfloat16"),
    "int8": lambda v: v.compress("int8"),
    "pq, d/2": lambda v: v.compress("pq", m="d/2"),
    "pq, d/4": lambda v: v.compress("pq", m="d/4"),
    "pq, d/4, opq": lambda v: v.compress("pq", m="d/4", opq=True),
    "bits": lambda v: v.compress("bits", rescore=None),
    "bits and int8": lambda v: v.compress("bits"),
    "residual bits": lambda v: v.compress("residual-bits"),
    "residual bits, d/2, 4": lambda v: v.compress("residual-bits", m="d/2", bits=4),
    "rotated, half of d": lambda v: v.rotate_pca().truncate(v.vector_size // 2),
    "rotated, half of d, int8": lambda v: v.rotate_pca().truncate(v.vector_size // 2).compress("int8"),
    "pruned to 1/4, int8": lambda v: v.prune(len(v) // 4).compress("int8"),
}


def row(name, original, way, options):
    started = time.perf_counter()
    small = way(original)
    made = time.perf_counter() - started
    report = compression_report(original, small, options.pairs, options.analogies)
    everywhere = report.overlaps[-1]
    cells = [
        name,
        f"{report.compressed.row_bytes:.0f}",
        f"{report.ratio:.3f}",
        f"{report.random_pairs.rms:.5f}",
        f"{report.neighbour_pairs.rms:.5f}",
        f"{everywhere.at_10:.3f}",
        f"{everywhere.at_100:.3f}",
        f"{everywhere.rank_biased:.3f}",
    ]
    for task in report.tasks:
        scale = 100 if task.measure == "accuracy" else 1
        if task.delta is None:
            cells.append("-")
        elif name == "float32":
            cells.append(f"{scale * task.original:.3f}")
        else:
            low, high = scale * task.low, scale * task.high
            cells.append(f"{scale * task.delta:+.3f} ({low:+.3f} to {high:+.3f})")
    cells += [f"{report.hubness[1]:.1f}", f"{made:.1f}", f"{report.query_ms[1]:.1f}", f"{report.decode_us[1]:.1f}"]
    return cells, [task.name for task in report.tasks]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--pairs", nargs="+", default=[])
    parser.add_argument("--analogies", nargs="+", default=[])
    parser.add_argument("--only", nargs="+", default=list(WAYS), choices=WAYS)
    options = parser.parse_args()
    original = wordvec.load(options.vectors)
    for i, name in enumerate(options.only):
        cells, tasks = row(name, original, WAYS[name], options)
        if i == 0:
            heads = [
                "kept as",
                "bytes a row",
                "of the original",
                "rms, random",
                "rms, near",
                "overlap@10",
                "overlap@100",
            ]
            heads += ["rank-biased", *tasks, "hubness", "s to make", "ms a query", "us a row"]
            print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
        print(f"| {' | '.join(cells)} |")
        sys.stdout.flush()


if __name__ == "__main__":
    record(main)
