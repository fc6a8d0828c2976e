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
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from common import first_tokens
from numpy.typing import NDArray
from recording import FACTS, record
from roofline_counts import counting, glove, positive_unlabelled, ppmi_svd, sparse
from roofline_files import Files
from roofline_machine import LEVELS, TABLES, TWO, Machine, Work, best

import wordvec
from wordvec.align import Aligned
from wordvec.corpus.subsampling import keep_chances
from wordvec.texts import TextEncoder


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
