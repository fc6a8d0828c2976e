"""Compressors that papers claim and wordvec has no codec for, in numpy, beside its codecs, by bytes a row; a table.

    python benchmarks/compressors.py VECTORS --data FOLDER [--only NAME ...] [--queries 400]

VECTORS  word vectors of any format
--data   a folder with similarity/*.txt (pairs) and questions-words.txt (analogies)

Every way keeps the norms and codes the rows at length 1. Bytes a row count norms, codes, and the share of all that rows
have in common: codebooks, rotations, cores, projections. The ways:

mixed     mixed dimensions (Ginart and others 2019): a word of more occurrences has more of the principal axes, in bytes
tt        tensor train (Hrinchuk and others 2020; Yin and others 2021): TT-SVD of the matrix, three float16 cores
additive  learned codebooks (Shu and Nakayama 2018): a row is a sum of vectors, one of each of M codebooks; k-means of
          the residuals, then codes by beams and codebooks by least squares, in turn
residual  the same without the turns: residual quantisation
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numba
import numpy as np
from claims import SHOWN
from common import row, table
from recording import record

import wordvec
from wordvec.evaluate import compression_report


def units(vectors):
    """(rows at length 1, their lengths)."""
    matrix = np.asarray(vectors.vectors, np.float32)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.maximum(norms, 1e-12), norms


def axes(x):
    """[D, D] the principal axes, uncentred, by falling variance; a column is an axis."""
    return np.linalg.eigh(x.T.astype(np.float64) @ x)[1][:, ::-1].astype(np.float32)


def rounded(x, levels):
    """Rows as signed integers of a scale of their own."""
    scale = np.maximum(np.abs(x).max(axis=1, keepdims=True), 1e-12) / levels
    return np.rint(x / scale) * scale


def mixed(x, mean_size, power, groups=16):
    """Words in groups of equal size by falling counts, which have sizes in proportion to (mean rank)^-power."""
    turn, parts = axes(x), np.array_split(np.arange(len(x)), groups)
    share = np.array([(part.mean() + 1) ** -power for part in parts])
    low, high = 0.0, 1e6
    for _ in range(60):
        factor = (low + high) / 2
        sizes = np.clip(np.rint(factor * share), 4, x.shape[1]).astype(int)
        low, high = (factor, high) if sizes.mean() < mean_size else (low, factor)
    out = np.empty_like(x)
    for part, size in zip(parts, sizes, strict=True):
        out[part] = rounded(x[part] @ turn[:, :size], 127) @ turn[:, :size].T
    return out, sizes.mean() + 4, turn.size * 4


def factors(number, count):
    """`count` numbers near each other, of which the product is at least `number`."""
    found = []
    for left in range(count, 0, -1):
        found.append(int(np.ceil(number ** (1 / left) - 1e-9)))
        number = int(np.ceil(number / found[-1]))
    return found


def tensor_train(x, budget):
    """Cores [V1 D1, R1], [R1, V2 D2, R2], [R2, V3 D3] in float16 of `budget` bytes a row; ranks are near each other."""
    v, d = factors(len(x), 3), {300: (5, 6, 10)}.get(x.shape[1]) or factors(x.shape[1], 3)
    whole = np.zeros((int(np.prod(v)), int(np.prod(d))), np.float32)
    whole[: len(x), : x.shape[1]] = x
    whole = whole.reshape(*v, *d).transpose(0, 3, 1, 4, 2, 5)
    room, rank = budget * len(x) / 2, 1
    most = v[0] * d[0], v[2] * d[2]

    def numbers(rank):
        first, second = min(rank, most[0]), min(rank, most[1])
        return first * most[0] + first * v[1] * d[1] * second + second * most[1]

    while numbers(rank + 1) <= room:
        rank += 1
    first, second = min(rank, most[0]), min(rank, most[1])
    one = whole.reshape(most[0], -1)
    left = np.linalg.eigh(one.astype(np.float64) @ one.T)[1][:, ::-1][:, :first].astype(np.float32)
    two = (left.T @ one).reshape(-1, most[1])
    right = np.linalg.eigh(two.T.astype(np.float64) @ two)[1][:, ::-1][:, :second].astype(np.float32)
    parts = [part.astype(np.float16).astype(np.float32) for part in (left, two @ right, right)]
    back = parts[0] @ (parts[1] @ parts[2].T).reshape(first, -1)
    back = back.reshape(v[0], d[0], v[1], d[1], v[2], d[2]).transpose(0, 2, 4, 1, 3, 5)
    return back.reshape(int(np.prod(v)), -1)[: len(x), : x.shape[1]], 4, 2 * numbers(rank)


def clustered(x, count, rng, rounds=10):
    """[K, D] centres by k-means."""
    centres = x[rng.permutation(len(x))[:count]].copy()
    for _ in range(rounds):
        labels = (x @ centres.T - 0.5 * np.square(centres).sum(axis=1)).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, labels, x)
        sizes = np.bincount(labels, minlength=count)
        full = sizes > 0
        centres[full] = sums[full] / sizes[full, None]
        centres[~full] = x[rng.integers(0, len(x), (~full).sum())]
    return centres


@numba.njit(fastmath=True)
def search(products, gram, beam, codes):
    """Codes [N, M] from products of rows with codewords [N, M, K] and of codewords with each other [M, K, M, K]."""
    count, size = products.shape[1:]
    kept, fresh = np.zeros((beam, count), np.int64), np.zeros((beam, count), np.int64)
    errors, each = np.zeros(beam, np.float32), np.zeros(beam * size, np.float32)
    for n in range(len(products)):
        alive = 1
        errors[0] = 0
        for m in range(count):
            for b in range(alive):
                own = each[b * size : (b + 1) * size]
                for k in range(size):
                    own[k] = errors[b] + gram[m, k, m, k] - 2 * products[n, m, k]
                for before in range(m):
                    cross = gram[before, kept[b, before], m]
                    for k in range(size):
                        own[k] += 2 * cross[k]
            found = min(beam, alive * size)
            for place in range(found):
                best = 0
                for i in range(1, alive * size):
                    if each[i] < each[best]:
                        best = i
                fresh[place, :m] = kept[best // size, :m]
                fresh[place, m] = best % size
                errors[place] = each[best]
                each[best] = np.inf
            kept, fresh = fresh, kept
            alive = found
        codes[n] = kept[0]


def beamed(x, books, beam):
    """[N, M] a codeword of each book, by a search that keeps the `beam` best sums at every book."""
    count, size, dim = books.shape
    flat = books.reshape(-1, dim)
    gram, codes = (flat @ flat.T).reshape(count, size, count, size), np.empty((len(x), count), np.uint8)
    for first in range(0, len(x), 4096):
        products = (x[first : first + 4096] @ flat.T).reshape(-1, count, size)
        search(products, gram, beam, codes[first : first + 4096])
    return codes


def summed(codes, books):
    out = np.zeros((len(codes), books.shape[2]), np.float32)
    for m, book in enumerate(books):
        out += book[codes[:, m]]
    return out


def additive(x, count, size, turns, beam=4, seed=0):
    """Sums of codewords; codebooks are kept as float16."""
    from scipy.sparse import csr_array

    rng, left = np.random.default_rng(seed), x.copy()
    some = rng.permutation(len(x))[:20_000]
    books = np.empty((count, size, x.shape[1]), np.float32)
    for m in range(count):
        books[m] = clustered(left[some], size, rng)
        left -= books[m][(left @ books[m].T - 0.5 * np.square(books[m]).sum(axis=1)).argmax(axis=1)]
    codes = beamed(x, books, beam)
    for _ in range(turns):
        columns = (codes + size * np.arange(count)).ravel()
        chosen = csr_array((np.ones(len(columns), np.float32), columns, np.arange(0, len(columns) + 1, count)))
        square = (chosen.T @ chosen).toarray().astype(np.float64)
        square[np.diag_indices(len(square))] += 1.0
        books = np.linalg.solve(square, chosen.T @ x).astype(np.float32).reshape(books.shape)
        books = books[np.argsort(-np.square(books - books.mean(axis=1, keepdims=True)).sum(axis=(1, 2)))]
        codes = beamed(x, books, beam)
    books = books.astype(np.float16).astype(np.float32)
    return summed(codes, books), count * np.log2(size) / 8 + 4, books.size * 2


def encoded(codec, **options):
    """What encodes vectors."""
    return lambda vectors: vectors.compress(codec, **options)


WAYS = {
    "codec: bits": encoded("bits", rescore=None),
    "codec: rotated, d/8, int8": lambda v: v.rotate_pca().truncate(v.vector_size // 8).compress("int8"),
    "codec: pq, d/8, opq": encoded("pq", m="d/8", opq=True),
    "mixed, d/8 in the mean, power .3": lambda x: mixed(x, x.shape[1] // 8, 0.3),
    "mixed, d/8 in the mean, power .6": lambda x: mixed(x, x.shape[1] // 8, 0.6),
    "tt, 42 bytes": lambda x: tensor_train(x, 42),
    "codec: residual-bits, d x 1": encoded("residual-bits", m="d/1", bits=1),
    "codec: residual-bits, d/2 x 2": encoded("residual-bits", m="d/2", bits=2),
    "codec: residual-bits, d/3 x 3": encoded("residual-bits", m="d/3", bits=3),
    "residual, 32 of 16": lambda x: additive(x, 32, 16, 0),
    "additive, 32 of 16": lambda x: additive(x, 32, 16, 1),
    "residual, 16 of 256": lambda x: additive(x, 16, 256, 0),
    "additive, 16 of 256": lambda x: additive(x, 16, 256, 1),
    "additive, 64 of 16": lambda x: additive(x, 64, 16, 1),
    "codec: rotated, d/4, int8": lambda v: v.rotate_pca().truncate(v.vector_size // 4).compress("int8"),
    "codec: pq, d/4, opq": encoded("pq", m="d/4", opq=True),
    "mixed, d/4 in the mean, power .3": lambda x: mixed(x, x.shape[1] // 4, 0.3),
    "mixed, d/4 in the mean, power .6": lambda x: mixed(x, x.shape[1] // 4, 0.6),
    "tt, 80 bytes": lambda x: tensor_train(x, 80),
    "codec: residual-bits, d x 2": encoded("residual-bits", m="d/1", bits=2),
    "codec: residual-bits, d/2 x 4": encoded("residual-bits", m="d/2", bits=4),
    "additive, 96 of 16": lambda x: additive(x, 96, 16, 1),
    "codec: pq, d/2, opq": encoded("pq", m="d/2", opq=True),
    "codec: residual-bits, d x 4": encoded("residual-bits", m="d/1", bits=4),
    "tt, 160 bytes": lambda x: tensor_train(x, 160),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--queries", type=int, default=400)
    options = parser.parse_args()
    vectors = wordvec.load(options.vectors)
    x, norms = units(vectors)
    files = [options.data / "similarity" / f"{name}.txt" for name in SHOWN]
    heads = [name.removeprefix("EN-") for name in SHOWN]
    table("kept as", "bytes a row", "of them shared", "mean cosine", "overlap@10", *heads, "analogies", "s")
    for name in options.only:
        started = time.process_time()
        if name.startswith("codec"):
            small = WAYS[name](vectors)
            seconds, shared = time.process_time() - started, "-"
        else:
            decoded, own, shared = WAYS[name](x)
            seconds, small = time.process_time() - started, wordvec.KeyedVectors(vectors.vocabulary, decoded * norms)
        report = compression_report(
            vectors, small, files, [options.data / "questions-words.txt"], queries=options.queries
        )
        size = report.compressed.row_bytes if shared == "-" else own + shared / len(x)
        shared = shared if shared == "-" else f"{shared / len(x):.0f}"
        back = np.asarray(small.vectors) if small.vector_size == x.shape[1] else None
        cosine = "-"
        if back is not None:
            cosine = float(((x * back).sum(axis=1) / np.maximum(np.linalg.norm(back, axis=1), 1e-12)).mean())
        cells = [f"{task.delta:+.3f}" for task in report.tasks]
        row(name, f"{size:.0f}", shared, cosine, float(report.overlaps[-1].at_10), *cells, f"{seconds:.0f}")


if __name__ == "__main__":
    record(main)
