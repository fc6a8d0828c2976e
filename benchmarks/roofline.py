"""What this machine can do, and how near to it every kernel comes.

    python benchmarks/roofline.py CORPUS [--rows 1000000] [--tokens 3000000] [--rounds 3] [--only skipgram "top 10"]

CORPUS is a plain text file, one sentence a line; its first --tokens are used. The first part times plain loops
(roofline.c beside this file, built with `cc -O3 -march=native`): multiply-adds of registers, reading and updating
memory in order, and reading and updating rows of a table at random places, by the size of the table. The second part
runs the kernels and prints, for each, what its arithmetic and its memory would take at those rates, and the larger
one as a share of the time it took: 100 % is the limit of the machine.

Every time is the smallest of some rounds. Kernels have one thread, but for those whose name says two. The arithmetic
and the bytes are counted from the data: the columns `operations` and `bytes` can be checked against the kernels.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from common import first_tokens
from numpy.typing import NDArray
from recording import FACTS, record
from roofline_files import Files

import wordvec
from wordvec.align import Aligned
from wordvec.base.simd import simd_level
from wordvec.corpus.subsampling import keep_chances
from wordvec.optim.factorisation import STEPS, Factorisation
from wordvec.optim.sparse import Sparse, threads_of
from wordvec.optim.svd import WIDTH
from wordvec.texts import TextEncoder

LEVELS = {"L1": 24 << 10, "L2": 512 << 10, "L3": 8 << 20, "memory": 1 << 30}  # bytes of the arrays, each to fit
TWO = {1: "", 2: ", two threads"}
AHEAD = 4  # rows that are asked for before their turn
TABLES = (1 << 20, 8 << 20, 30 << 20, 120 << 20, 1200 << 20)  # bytes of the tables of rows


def best(work: Callable[[], Any], rounds: int) -> float:
    """The smallest time of a call, in seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


class Machine:
    """The rates of the machine, each measured when it is first asked for and then kept."""

    def __init__(self, folder: Path, rounds: int) -> None:
        source, library = Path(__file__).with_suffix(".c"), folder / "roofline.so"
        subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, source], check=True)
        self.loops, self.rounds = ctypes.CDLL(str(library)), rounds
        self.lanes = self.loops.lanes()
        self.memory = np.full((max(TABLES) + (64 << 20)) // 4, 1.0, np.float32)  # pages of zeros would be one page
        self.rate = cache(self._rate)

    def _timed(self, calls: list[Callable[[], Any]]) -> float:
        """The time of calls that run side by side; ctypes lets go of the GIL."""
        if len(calls) == 1:
            return best(calls[0], self.rounds)
        with ThreadPoolExecutor(len(calls)) as pool:
            return best(lambda: [done.result() for done in [pool.submit(call) for call in calls]], self.rounds)

    def _rate(self, what: str, threads: int, size: int = 0, row: int = 0) -> float:
        """Operations or bytes a second of all threads together; `size` in bytes, of each thread; `row` in bytes."""
        loops = self.loops
        if what in ("multiply_add", "multiply_bytes"):
            steps, loop = 4_000_000, getattr(loops, what)
            loop.restype = ctypes.c_int64 if what == "multiply_bytes" else ctypes.c_float
            if loop(ctypes.c_int64(1)) == 0 and what == "multiply_bytes":
                return 0.0
            seconds = self._timed([lambda: loop(ctypes.c_int64(steps))] * threads)
            return threads * steps * 16 * self.lanes * (8 if what == "multiply_bytes" else 2) / seconds
        if what in ("read_all", "update_all"):
            count = size // 4 // (8 * self.lanes) * 8 * self.lanes
            times = max(1, (512 << 20) // size)
            calls = [self._in_order(what, self.memory[i * count :], count, times) for i in range(threads)]
            return threads * count * 4 * times / self._timed(calls)
        rows, count = size // row, (256 << 20) // row
        rng = np.random.default_rng(1)
        calls = [self._at_random(what, rng.integers(0, rows, count, np.int32), row) for _ in range(threads)]
        return threads * count * row / self._timed(calls)

    def of_order(self, order: NDArray[np.int32], row: int, writes: bool, threads: int) -> float:
        """Rows a second, where rows of `row` bytes are read, perhaps written, in the order given."""
        what = "update_rows" if writes else "gather_rows"
        seconds = self._timed([self._at_random(what, order, row)] * threads)
        return threads * len(order) / seconds

    def _in_order(self, what: str, array: Any, count: int, times: int) -> Callable[[], Any]:
        loop, start = getattr(self.loops, what), ctypes.c_void_p(array.ctypes.data)
        return lambda: loop(start, ctypes.c_int64(count), ctypes.c_int64(times))

    def _at_random(self, what: str, order: NDArray[np.int32], row: int) -> Callable[[], Any]:
        loop, table = getattr(self.loops, what), ctypes.c_void_p(self.memory.ctypes.data)
        padded = np.concatenate([order, order[:AHEAD]])
        numbers = [ctypes.c_int64(number) for number in (len(order), row // 4, AHEAD)]
        return lambda: (loop(table, ctypes.c_void_p(padded.ctypes.data), *numbers), len(padded))


@dataclass(frozen=True)
class Work:
    """A kernel's work: how to run it, and what it must compute and move."""

    name: str
    call: Callable[[], Any]
    operations: float = 0.0  # float32 multiplications and additions
    byte_operations: float = 0.0  # the same of bytes
    stream: float = 0.0  # bytes that are read in order from memory
    rows: float = 0.0  # rows at random places that are read
    row: int = 64  # bytes of such a row, a multiple of 64
    order: NDArray[np.int32] | None = None  # the first of these rows
    writes: bool = False  # whether rows are written, too
    threads: int = 1

    def bounds(self, machine: Machine) -> dict[str, float]:
        """Seconds that each resource would take alone."""
        found = {
            "arithmetic": self.operations / machine.rate("multiply_add", self.threads),
            "memory": self.stream / machine.rate("read_all", self.threads, LEVELS["memory"] // 2),
        }
        if self.byte_operations and (rate := machine.rate("multiply_bytes", self.threads)):
            found["arithmetic of bytes"] = self.byte_operations / rate
        if self.order is not None:
            found["rows"] = self.rows / machine.of_order(self.order, self.row, self.writes, self.threads)
        return found


def groups(corpus: Any, trainer: Any, sample: int = 20_000) -> tuple[float, float, float]:
    """The groups of an epoch, and the mean numbers of inputs and of blocks of eight outputs of one, by simulation."""
    rng = np.random.default_rng(1)
    shares = keep_chances(np.asarray(corpus.vocabulary.counts), trainer.sample)
    ids, offsets = np.asarray(corpus.ids), np.asarray(corpus.offsets)
    kept = float(shares[ids].sum())
    seen = inputs = blocks = tokens = 0
    for begin, end in pairwise(offsets):
        sentence = [word for word in ids[begin:end] if rng.random() < shares[word]]
        tokens += len(sentence)
        for first in range(0, len(sentence), trainer.centres):
            places: set[int] = set()
            for centre in range(first, min(first + trainer.centres, len(sentence))):
                reach = rng.integers(1, trainer.window + 1)
                places |= set(range(max(0, centre - reach), min(len(sentence), centre + reach + 1))) - {centre}
            seen += 1
            inputs += len({sentence[place] for place in places})
            blocks += -(-(trainer.centres + trainer.pool()) // 8)
        if tokens >= sample:
            break
    return kept / tokens * seen, inputs / seen, blocks / seen


def visits(corpus: Any, trainer: Any, groups: int = 200_000) -> NDArray[np.int32]:
    """The rows that groups visit: the next words of the window, then the centres and the noise; outputs come after
    all inputs in the table.
    """
    rng, counts = np.random.default_rng(1), np.asarray(corpus.vocabulary.counts, np.float64)
    words, centres, pool = len(counts), trainer.centres, trainer.pool()
    ids = np.asarray(corpus.ids)
    kept = ids[rng.random(len(ids)) < keep_chances(np.asarray(corpus.vocabulary.counts), trainer.sample)[ids]]
    groups = min(groups, (len(kept) - trainer.window) // centres)
    now, soon = (kept[start : start + groups * centres].reshape(groups, centres) for start in (0, trainer.window))
    shares = counts**trainer.ns_exponent
    noise = rng.choice(words, (groups, pool), p=shares / shares.sum())
    place = np.arange(groups)
    noise = noise[place // (16 * trainer.noise_uses) * 16 + place % 16]  # 16 groups have noise of their own, by turns
    return np.hstack([soon, words + now, words + noise]).astype(np.int32).ravel()


def word2vec(corpus: Any, name: str, size: int, workers: int) -> Work:
    """Skip-gram or CBOW, an epoch."""
    trainer = (wordvec.SkipGram if name == "skipgram" else wordvec.CBOW)(vector_size=size, epochs=1, workers=workers)
    count, inputs, blocks = groups(corpus, trainer)
    outputs, padded = trainer.centres + trainer.pool(), -(-size // 16) * 16
    if name == "skipgram":
        operations = 6.0 * inputs * 8 * blocks * padded
    else:
        operations = 6.0 * trainer.centres * 8 * blocks * padded + 4.0 * inputs * trainer.centres * padded
    return Work(
        f"{name} {size}" + TWO[workers],
        lambda: trainer.fit(corpus),
        operations=count * operations,
        rows=count * (trainer.centres + outputs),  # rows of a window stay in the cache for the next one
        row=4 * padded,
        order=visits(corpus, trainer),
        writes=True,
        threads=workers,
    )


def glove(corpus: Any, size: int) -> Work:
    """An iteration of GloVe over its counts."""
    counts = wordvec.count(corpus, workers=1)
    trainer = wordvec.GloVe(vector_size=size, epochs=1, workers=1)
    cells, padded = len(counts.data), -(-(size + 1) // 16) * 16
    return Work(
        f"glove {size}",
        lambda: trainer.fit(counts),
        operations=float(cells)
        * 12
        * padded,  # the product; of the inner row its step, its sum; the outer one's gradient
        rows=float(cells),  # of the inner word, with its sums; the row of the outer one stays
        row=8 * padded,
        order=np.asarray(counts.indices[: 2 << 20]),
        writes=True,
    )


def scans(rows: int, dimensions: int) -> Iterator[Work]:
    """Exact search: one query and 64, by codec."""
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((rows, dimensions), np.float32)
    plain = wordvec.KeyedVectors([f"word-{i}" for i in range(rows)], matrix)
    del matrix
    words = [f"word-{i}" for i in range(0, 6400, 100)]
    every = float(rows) * dimensions
    for codec, width in (("float32", 4.0), ("int8", 1.0), ("bits", 1 / 8)):
        vectors = plain if codec == "float32" else plain.compress(codec)
        for threads in (1, 2):
            for count in (1, 64):
                asked = words[:count]
                vectors.most_similar_batch(asked, topn=10, workers=threads)
                operations = 2.0 * every * count
                yield Work(
                    f"top 10 {codec}, {count} quer{'y' if count == 1 else 'ies'}" + TWO[threads],
                    lambda vectors=vectors, asked=asked, threads=threads: vectors.most_similar_batch(  # type: ignore[misc]
                        asked, topn=10, workers=threads
                    ),
                    operations=operations if codec == "float32" else 0.0,
                    byte_operations=operations * width if codec != "float32" else 0.0,
                    stream=every * width,
                    threads=threads,
                )


def sparse(corpus: Any, columns: int = 64) -> Iterator[Work]:
    """The product of a sparse matrix, that of the counts, with a dense one."""
    counts = wordvec.count(corpus, workers=1)
    matrix = Sparse(counts.shape, counts.indptr, counts.indices, counts.data)
    dense = np.ones((matrix.shape[1], columns), np.float32)
    for count in (1, 2):
        with threads_of(count) as threads:
            yield Work(
                f"sparse product, {columns} columns" + TWO[count],
                lambda threads=threads: matrix.times(dense, threads),  # type: ignore[misc]
                operations=2.0 * len(matrix.data) * columns,
                stream=8.0 * len(matrix.data),
                rows=float(len(matrix.data)),
                row=4 * columns,
                order=np.asarray(matrix.indices[: 4 << 20]),
                threads=count,
            )


def ppmi_svd(corpus: Any, size: int) -> Work:
    """PPMI-SVD from counts to vectors: products with the matrix and its transpose, block by block of the basis."""
    trainer = wordvec.PPMISVD(vector_size=size, workers=1)
    how = {"window": trainer.window, "distance_weight": trainer.distance_weight, "sample": trainer.sample}
    counts = wordvec.count(corpus, workers=1, **how)
    matrix = counts.ppmi(smoothing=trainer.smoothing, workers=1)
    cells, words = float(len(matrix.data)), len(counts.vocabulary)
    width = size + trainer.oversampling
    space = width * trainer.power_iterations
    return Work(
        f"ppmi-svd {size}, from counts",
        lambda: trainer.fit(counts),
        operations=2.0 * cells * (2 * space + width)
        + 2.0 * words * space * (space + width),  # orthogonalisation, and the basis of the largest values
        rows=cells * (2 * -(-space // WIDTH) + -(-width // WIDTH)),
        row=4 * WIDTH,
        order=np.asarray(matrix.indices[: 4 << 20]),
    )


def counting(corpus: Any) -> Work:
    """Counting pairs of words in windows: tokens are read, and the cells are written and read in order to be merged."""
    cells, tokens = len(wordvec.count(corpus, workers=1).data), len(corpus.ids)
    return Work("count, window 5", lambda: wordvec.count(corpus, workers=1), stream=4.0 * tokens + 2 * 8.0 * cells)


def positive_unlabelled(corpus: Any, size: int) -> Work:
    """A sweep of PU learning: both sides, each with a pass over its cells for the slope and one for each step."""
    counts = wordvec.count(corpus, workers=1)
    trainer = wordvec.PULearning(vector_size=size, workers=1)
    model = Factorisation(
        trainer._cells(counts),
        counts.shape[1],
        size,
        bias=trainer.bias,
        rho=trainer.rho,
        ridge=trainer.regularization,
        workers=1,
        level=simd_level(),
    )
    rng = np.random.default_rng(1)
    for which in range(2):
        model.vectors(which)[:] = 0.1 * rng.standard_normal(model.vectors(which).shape, np.float32)
    model.start()
    cells, rows = len(model.sides[0].values), sum(map(len, model.rows))
    return Work(
        f"pu {size}, a sweep",
        model.sweep,
        operations=model.width
        * (
            2.0 * cells * (4 * STEPS + 2)  # a product and a sum of each pass, but the last, which has no sum
            + 2.0 * rows * model.width * (STEPS + 1)
        ),  # what all cells add
        stream=2.0 * cells * 12,  # index, value and weight of each cell
        rows=2.0 * cells,  # of the first pass; the others mostly find them in the second cache
        row=4 * model.width,
        order=np.asarray(model.sides[0].indices[: 4 << 20]),
    )


def csls(rows: int, size: int) -> Work:
    """Induction by CSLS between two vocabularies: bytes first, of all rows with all rows."""
    rng = np.random.default_rng(1)
    sides = [
        wordvec.KeyedVectors([str(row) for row in range(rows)], rng.standard_normal((rows, size), np.float32))
        for _ in range(2)
    ]
    return Work(
        f"csls, 2 x {rows:,} x {size}",
        lambda: Aligned(*sides, workers=1).induce(),
        byte_operations=2.0 * rows * rows * size,  # one product has the neighbours of both sides
    )


def encoding(path: Path) -> Work:
    """Reading and encoding a text."""
    size = path.stat().st_size
    return Work("encode", lambda: wordvec.encode_corpus(str(path), workers=1), stream=float(size))


def pooling(corpus: Any, size: int) -> Work:
    """Means of texts."""
    vectors = wordvec.SkipGram(vector_size=size, epochs=1, sample=1e-6).fit(corpus)
    encoder = TextEncoder(vectors, workers=1)
    words = vectors.index_to_key
    lines = [" ".join(words[i] for i in corpus.ids[a:b]) for a, b in islice(pairwise(corpus.offsets), 50_000)]
    tokens = sum(len(line.split()) for line in lines)
    return Work(
        f"mean of texts, {size}",
        lambda: encoder.encode(lines),
        operations=2.0 * tokens * size,
        rows=float(tokens),
        row=-(-4 * size // 64) * 64,
        order=np.asarray(corpus.ids[:tokens], np.int32),
    )


def kernels(corpus: Any, path: Path, rows: int) -> dict[str, Callable[[], Iterator[Work]]]:
    """All works by group; each makes its data when its turn comes."""
    return {
        "word2vec": lambda: iter(
            [word2vec(corpus, name, size, n) for name in ("skipgram", "cbow") for size in (100, 300) for n in (1, 2)]
        ),
        "glove": lambda: iter([glove(corpus, 100)]),
        "sparse": lambda: sparse(corpus),
        "ppmi-svd": lambda: iter([ppmi_svd(corpus, 100)]),
        "counting": lambda: iter([counting(corpus)]),
        "pu": lambda: iter([positive_unlabelled(corpus, 100)]),
        "csls": lambda: iter([csls(20_000, 300)]),
        "encode": lambda: iter([encoding(path)]),
        "texts": lambda: iter([pooling(corpus, 100)]),
        "search": lambda: scans(rows, 300),
    }


def show_files(machine: Machine, folder: Path, rows: int, dimensions: int) -> None:
    """What files cost: the tables of roofline_files.py."""
    print()
    FACTS["files"] = Files(machine.loops, folder, rows, dimensions, machine.rounds).show()


def show_machine(machine: Machine) -> None:
    """The tables of the machine's own rates."""
    print("| rate | one thread | two threads |\n|---|---|---|")
    for what, name, unit in (
        ("multiply_add", "float32 operations in registers", 1e9),
        ("multiply_bytes", "operations of bytes in registers", 1e9),
    ):
        print(f"| {name} | " + " | ".join(f"{machine.rate(what, n) / unit:.0f} G/s" for n in (1, 2)) + " |")
    for level, size in LEVELS.items():
        for what, name in (("read_all", "reading"), ("update_all", "updating")):
            rates = [machine.rate(what, n, size // (n if level == "memory" else 1)) / 1e9 for n in (1, 2)]
            print(
                f"| {name} {level}, {size / 2**20:.3g} MB | " + " | ".join(f"{rate:.1f} GB/s" for rate in rates) + " |"
            )
    print("\n| rows at random places of | " + " | ".join(f"{size >> 20} MB" for size in TABLES) + " |")
    print("|---" * (1 + len(TABLES)) + "|")
    for row in (512, 1216):
        for what, name in (("gather_rows", "reading"), ("update_rows", "updating")):
            for threads in (1, 2):
                rates = [machine.rate(what, threads, size, row) / 1e9 for size in TABLES]
                label = f"{name}, {row} bytes a row, {threads} thread{'s' * (threads > 1)}, GB/s"
                print(f"| {label} | " + " | ".join(f"{rate:.1f}" for rate in rates) + " |")


def main() -> None:
    """Measure the machine, then the kernels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tokens", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", help="groups of kernels, and `files`")
    parser.add_argument("--file-rows", type=int, default=1_000_000, help="of 300 numbers, in the file that is read")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        machine = Machine(folder, arguments.rounds)
        if arguments.only != ["files"]:
            show_machine(machine)
        if not arguments.only or "files" in arguments.only:
            show_files(machine, folder, arguments.file_rows, 300)
        if arguments.only == ["files"]:
            return
        with open(arguments.corpus, encoding="utf-8") as file:
            lines = first_tokens(list(islice(file, arguments.tokens // 10)), arguments.tokens)
        path = folder / "corpus.txt"
        path.write_text("".join(" ".join(line) + "\n" for line in lines), encoding="utf-8")
        del lines
        corpus = wordvec.encode_corpus(str(path))
        works = kernels(corpus, path, arguments.rows)
        columns = "kernel", "operations", "bytes", "seconds", "bound", "seconds at the bound", "share"
        print(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
        FACTS["kernels"] = {}
        for group in arguments.only or works:
            for work in works[group]() if group in works else ():
                seconds = best(work.call, arguments.rounds)
                bounds = work.bounds(machine)
                holds = max(bounds, key=bounds.__getitem__)
                FACTS["kernels"][work.name] = {"seconds": seconds, **bounds}
                print(
                    f"| {work.name} | {(work.operations + work.byte_operations) / 1e9:.3g} G | "
                    f"{(work.stream + work.rows * work.row) / 1e9:.3g} GB | {seconds:.3g} | {holds} | "
                    f"{bounds[holds]:.3g} | "
                    f"{100 * bounds[holds] / seconds:.0f} % |",
                    flush=True,
                )


if __name__ == "__main__":
    record(main)
