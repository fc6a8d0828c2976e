"""Recall@10 against time and bytes: ours, faiss and usearch over a million rows, by 1 and 2 threads, 1 and 64 queries.

    python benchmarks/search_curves.py VECTORS [--rows 1000000] [--rounds 5] [--only float32 int8 ...] [--threads 1 2]

Rows are made from VECTORS as by scan_codecs.py; half of the queries are near frequent words. Every engine is a part
that is built, asked and freed before the next, so that memory stays below 6 GB. Each alternates with our exact
float32 search, which is the reference of recall and of time: the ratio is float32's time by the engine's, so 2 means
twice as fast. Time is wall time, medians with the lowest and highest; a batch that takes longer than `--slow` is
timed once. A graph is built from `--graph-rows` rows, as more would take minutes, and its exact neighbours are those
of these rows. The BLAS of faiss is used for batches, not for one query (`distance_compute_blas_threshold`);
by default it is used from 128,000 queries on. Threads of OpenMP sleep between searches (OMP_WAIT_POLICY), so that
none takes the time of another engine.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from common import pairs, spread
from recording import record
from scan_codecs import blown_up, timed

K, BATCH = 10, 64
OURS: dict[str, tuple[str, dict[str, Any]]] = {
    "float16": ("float16", {}),
    "int8": ("int8", {}),
    "bits + int8, 100 candidates": ("bits", {"candidates": 100}),
    "bits + int8, 500 candidates": ("bits", {"candidates": 500}),
    "bits + int8, 2000 candidates": ("bits", {"candidates": 2000}),
    "residual-bits d/2 x 4": ("residual-bits", {}),
    "residual-bits d/3 x 3": ("residual-bits", {"m": "d/3", "bits": 3}),
    "pq d/2": ("pq", {"m": "d/2"}),
    "pq d/4": ("pq", {"m": "d/4"}),
}
FAISS = {"faiss flat": "Flat", "faiss SQ8": "SQ8", "faiss PQ d/3 x 4 fast scan": "PQ{third}x4fs",
         "faiss PQ d/2 x 4 fast scan": "PQ{half}x4fs", "faiss RaBitQ": "RaBitQ", "faiss RaBitQ fast scan": "RaBitQfs",
         "faiss RaBitQ fast scan, 2 bits": "RaBitQfs2", "faiss HNSW32": "HNSW32,Flat"}  # fmt: skip
USEARCH = {"usearch exact f32": "f32", "usearch exact i8": "i8", "usearch exact b1": "b1", "usearch HNSW f32": "f32"}
GRAPHS = {"faiss HNSW32", "usearch HNSW f32"}
RERANKED = {name for name in [*OURS, *FAISS] if "residual" in name or "fast scan" in name}
AGAIN = 100, 500  # rows that are ranked again by the rows themselves
PARTS = ["float32", *OURS, *FAISS, *USEARCH]

Ask = Callable[[np.ndarray, int], np.ndarray]  # [Q, D] queries and the threads to [Q, 10] rows


@dataclass
class Engine:
    """A search that was built: how it is asked, and the bytes of a row."""

    name: str
    ask: Ask
    size: float


def exact_engine(units: np.ndarray) -> Engine:
    from wordvec import search

    norms = np.ones(len(units), np.float32)
    return Engine("float32", lambda q, t: search.nearest(units, q, K, norms=norms, workers=t)[0], 4 * units.shape[1])


def ours(name: str, units: np.ndarray) -> Iterator[Engine]:
    from wordvec import codecs, search

    codec, options = OURS[name]
    encoded = codecs.encode(units, codec, np.ones(len(units), np.float32), **options)

    def ask(queries: np.ndarray, threads: int, places: int = K) -> np.ndarray:
        return search.nearest(encoded, queries, places, workers=threads)[0]

    yield from with_and_without(name, ask, encoded.nbytes / len(units), units)


def with_and_without(name: str, ask: Callable[..., np.ndarray], size: float, units: np.ndarray) -> Iterator[Engine]:
    """An engine and, where its codes do not do that themselves, the same whose candidates are ranked again."""
    yield Engine(name, ask, size)

    def again(queries: np.ndarray, threads: int, places: int) -> np.ndarray:
        rows = ask(queries, threads, places=places)
        return np.stack([line[np.argsort(-(units[line] @ q))[:K]] for line, q in zip(rows, queries, strict=True)])

    for places in AGAIN if name in RERANKED else ():
        yield Engine(f"{name}, {places} again", partial(again, places=places), size + 4 * units.shape[1])


def by_faiss(name: str, units: np.ndarray) -> Iterator[Engine]:
    """One index, with and without ranking 500 candidates again by the rows themselves, or for several efforts."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import faiss

    dim = units.shape[1]
    faiss.cvar.distance_compute_blas_threshold = 2
    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
    index = faiss.index_factory(dim, FAISS[name].format(third=dim // 3, half=dim // 2), faiss.METRIC_INNER_PRODUCT)
    index.train(units[:: max(1, len(units) // 20_000)])
    index.add(units)
    size = float(index.sa_code_size()) if name not in GRAPHS else 4.0 * dim + 8 * 32

    def ask(queries: np.ndarray, threads: int, effort: int = 0, places: int = K) -> np.ndarray:
        faiss.omp_set_num_threads(threads)
        if effort:
            index.hnsw.efSearch = effort
        return index.search(queries, places)[1]

    if name not in GRAPHS:
        yield from with_and_without(name, ask, size, units)
        return
    for effort in (16, 64, 256):
        yield Engine(f"{name}, ef {effort}", partial(ask, effort=effort), size)


def by_usearch(name: str, units: np.ndarray) -> Iterator[Engine]:
    from usearch.index import Index, MetricKind, ScalarKind, search

    kind, dim = USEARCH[name], units.shape[1]
    if name in GRAPHS:
        index = Index(ndim=dim, metric=MetricKind.IP, dtype=ScalarKind.F32)
        index.add(np.arange(len(units)), units)
        for effort in (16, 64, 256):

            def ask(queries: np.ndarray, threads: int, effort: int = effort) -> np.ndarray:
                index.expansion_search = effort
                keys = index.search(queries, K, threads=threads).keys
                return np.asarray(keys, np.int64).reshape(len(queries), K)

            yield Engine(f"{name}, ef {effort}", ask, 4.0 * dim + 8 * 32)
        return

    def kept(rows: np.ndarray) -> np.ndarray:
        if kind == "b1":
            return np.packbits(rows >= 0, axis=1)
        return (
            np.rint(rows * (127 / np.abs(units[:10_000]).max())).clip(-127, 127).astype(np.int8)
            if kind == "i8"
            else rows
        )

    matrix, metric = kept(units), MetricKind.Hamming if kind == "b1" else MetricKind.IP

    def exact(queries: np.ndarray, threads: int) -> np.ndarray:
        keys = search(matrix, kept(queries), K, metric, exact=True, threads=threads).keys
        return np.asarray(keys, np.int64).reshape(len(queries), K)

    yield Engine(name, exact, matrix.nbytes / len(matrix))


def engines(name: str, units: np.ndarray) -> Iterator[Engine]:
    if name in FAISS:
        yield from by_faiss(name, units)
    elif name in USEARCH:
        yield from by_usearch(name, units)
    elif name in OURS:
        yield from ours(name, units)
    else:
        yield exact_engine(units)


def recall(found: np.ndarray, true: np.ndarray) -> float:
    """The mean share of the ten nearest rows, the query among them, that were found."""
    return float(np.mean([len({*a} & {*b}) / K for a, b in zip(found.tolist(), true.tolist(), strict=True)]))


def asked(units: np.ndarray, words: int) -> np.ndarray:
    """[64, D] queries near rows, half of them near frequent words."""
    rng = np.random.default_rng(1)
    rows = rng.integers(0, max(1, words // 10), BATCH // 2), rng.integers(0, len(units), BATCH // 2)
    noise = np.float32(0.2 / units.shape[1] ** 0.5) * rng.standard_normal((BATCH, units.shape[1]), np.float32)
    queries = units[np.concatenate(rows)] + noise
    return queries / np.linalg.norm(queries, axis=1)[:, None]


def compare(engine: Engine, exact: Engine, queries: np.ndarray, threads: int, options: argparse.Namespace) -> str:
    """Recall, both times and their ratio, as cells of a line."""
    true = exact.ask(queries, threads)
    started = time.perf_counter()
    found = engine.ask(queries, threads)
    slow = time.perf_counter() - started > options.slow
    cells = [f"{recall(found, true):.3f}"]
    for some in (queries[:1], queries):
        rounds = 1 if slow and len(some) > 1 else options.rounds
        turns = list(
            pairs(
                rounds,
                lambda _, q=some: 1e3 * timed(lambda: engine.ask(q, threads)),
                lambda _, q=some: 1e3 * timed(lambda: exact.ask(q, threads)),
            )
        )
        mine, other = map(list, zip(*turns, strict=True))
        cells += [spread(mine), spread(other), spread([b / a for a, b in turns])]
    return " | ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--graph-rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--noise", type=float, default=0.5)
    parser.add_argument("--slow", type=float, default=3.0, help="seconds of a batch above which it is timed once")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    options = parser.parse_args()

    import wordvec

    vectors = np.asarray(wordvec.load(options.vectors).vectors)
    options.words = min(len(vectors), options.rows)
    units = blown_up(vectors, options.rows, options.noise)
    units /= np.linalg.norm(units, axis=1)[:, None]
    print(f"{len(units)} x {units.shape[1]} from {len(vectors)} rows, noise {options.noise}; {platform.machine()}\n")
    each = [
        f"{what}, {count}" for count in ("one query", f"{BATCH} queries") for what in ("ms", "float32, ms", "ratio")
    ]
    columns = ["engine", "rows", "threads", "bytes a row", "recall@10", *each]
    print("|", " | ".join(columns), "|\n|" + "---|" * len(columns))
    queries = asked(units, options.words)
    for name in options.only:
        rows = units[: options.graph_rows] if name in GRAPHS else units
        near = asked(rows, options.words) if name in GRAPHS else queries
        exact = exact_engine(rows)
        for engine in engines(name, rows):
            for threads in options.threads:
                cells = compare(engine, exact, near, threads, options)
                print(f"| {engine.name} | {len(rows)} | {threads} | {engine.size:.0f} | {cells} |", flush=True)


if __name__ == "__main__":
    record(main)
