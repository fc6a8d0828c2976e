"""Every codec against float32 on a million rows: size, time to encode, time of one top-10, and how much of it is kept.

    python benchmarks/scan_codecs.py VECTORS [--rows 1000000] [--rounds 9] [--queries 200] [--noise 0.5] [--only int8]

The rows of VECTORS (a file that wordvec.load reads) come again and again until there are enough. Every copy has noise
of the data's own kind, so that its directions and sizes are those of real differences: `noise` times the difference
of two other rows, drawn with a fixed seed. Queries are rows drawn evenly, half of them from the first tenth of the
file, where the frequent words are; the query itself does not count for the overlap. Codec and float32 take turns, the
order alternating; medians with the lowest and highest. A markdown table on standard output.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import pairs, spread
from recording import headline, record

CODECS: dict[str, tuple[str, dict[str, Any]]] = {
    "float16": ("float16", {}),
    "bfloat16": ("bfloat16", {}),
    "int8": ("int8", {}),
    "pq d/2": ("pq", {"m": "d/2"}),
    "pq d/4": ("pq", {"m": "d/4"}),
    "pq d/4 opq": ("pq", {"m": "d/4", "opq": True}),
    "bits + int8": ("bits", {}),
    "bits + float16": ("bits", {"rescore": "float16"}),
    "bits alone": ("bits", {"rescore": None}),
}


def blown_up(vectors: np.ndarray, rows: int, noise: float) -> np.ndarray:
    """The rows of a matrix, and noisy copies of them, until there are enough."""
    rng, matrix = np.random.default_rng(0), np.empty((rows, vectors.shape[1]), np.float32)
    matrix[: len(vectors)] = vectors[:rows]
    for first in range(len(vectors), rows, 50_000):
        last = min(first + 50_000, rows)
        one, other = rng.integers(0, len(vectors), (2, last - first))
        matrix[first:last] = vectors[np.arange(first, last) % len(vectors)] + noise * (vectors[one] - vectors[other])
    return matrix


def timed(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def overlap(found: np.ndarray, true: np.ndarray, own: np.ndarray) -> float:
    """The mean share of the ten nearest rows that were found, the query itself left out."""
    shares = []
    for some, best, row in zip(found.tolist(), true.tolist(), own.tolist(), strict=True):
        wanted = [other for other in best if other != row][:10]
        shares.append(len(set(wanted) & set([other for other in some if other != row][:10])) / 10)
    return float(np.mean(shares))


def measure(matrix: np.ndarray, norms: np.ndarray, names: list[str], options: argparse.Namespace) -> None:
    from wordvec import codecs, search

    rng = np.random.default_rng(1)
    half = options.queries // 2
    own = np.concatenate(
        [rng.integers(0, max(1, options.words // 10), half), rng.integers(0, len(matrix), options.queries - half)]
    )
    true, _ = search.nearest(matrix, matrix[own], 11, norms=norms)
    columns = "codec", "bytes a row", "of float32", "encode, s", "one top-10, ms", "float32 beside it, ms", "ratio"
    print("|", " | ".join([*columns, "overlap@10"]), "|\n|---|---|---|---|---|---|---|---|")

    def ask(rows: Any, i: int) -> float:
        query = matrix[own[i % len(own)]]
        return 1e3 * timed(lambda: search.nearest(rows, query, 10, norms=norms))

    for name in names:
        codec, settings = CODECS[name]
        start = time.perf_counter()
        encoded = codecs.encode(matrix, codec, norms, **settings)
        encoding = time.perf_counter() - start
        found, _ = search.nearest(encoded, matrix[own], 11, norms=norms)

        ask(encoded, 0)
        turns = list(pairs(options.rounds, lambda i, e=encoded: ask(e, i), lambda i: ask(matrix, i)))
        ours, theirs = map(list, zip(*turns, strict=True))
        ratios = [b / a for a, b in turns]
        size = encoded.nbytes / len(matrix)
        kept = f"{size:.0f} bytes a row, overlap@10 {overlap(found, true, own):.3f}"
        headline(
            f"one top-10 by {name}, {len(matrix):,} rows",
            "our float32",
            *([1e-3 * ms for ms in side] for side in (ours, theirs)),
            quality=kept,
        )
        print(
            f"| {name} | {size:.0f} | {size / (4 * matrix.shape[1] + 4):.3f} | {encoding:.1f} | {spread(ours)} "
            f"| {spread(theirs)} | {spread(ratios)} | {overlap(found, true, own):.3f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.5)
    parser.add_argument("--only", nargs="+", choices=CODECS, default=list(CODECS))
    options = parser.parse_args()

    import wordvec
    from wordvec.rows.norms import row_norms

    vectors = np.asarray(wordvec.load(options.vectors).vectors)
    options.words = min(len(vectors), options.rows)
    matrix = blown_up(vectors, options.rows, options.noise)
    cores = len(os.sched_getaffinity(0))
    print(f"{len(matrix)} x {matrix.shape[1]} from {len(vectors)} rows, noise {options.noise}; {cores} cores,")
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}\n")
    measure(matrix, row_norms(matrix), options.only, options)


if __name__ == "__main__":
    record(main)
