"""Claims of papers, repeated with this package: each a function that prints a table.

    python benchmarks/claims.py VECTORS --only NAME --data FOLDER [--sources VECTORS ...] [--corpus FILE]

VECTORS    word vectors of any format, such as `wordvec train` writes
--only     hubness, dimensions, codes, topics, sets, sources, partitions; all of them where it is not given
--data     a folder with similarity/*.txt (pairs), questions-words.txt (analogies), texts/TREC, texts/SUBJ
--sources  of `sources`: vectors by different models
--corpus   of `sets`, and of `topics` if it is given, whose lines are documents, and of `partitions`, which trains on it
--texts    of `topics`, in place of TREC and SUBJ: a folder of folders, each named by the label of the files in it (20
           Newsgroups), or a .csv with the label in its first column (AG's news)
--keywords of `topics`: a JSON object of the keywords of each label, for texts that the script does not know

Each takes less than two minutes of one core and 1.2 GB, `topics` of 20 Newsgroups ten minutes. docs/claims.md has
the claims and what came out.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from pathlib import Path

import numpy as np
from common import row, table
from labelled import labelled
from partitions import TABLES, classified, held, rows_of, sharing
from recording import record
from sets import sets
from topics import topics

import wordvec
from wordvec import search
from wordvec.align import meta
from wordvec.evaluate import analogies, compression_report, word_pairs
from wordvec.search.hubness import csls_penalty, measures, nearest_csls
from wordvec.search.scaling import nearest_scaled
from wordvec.texts import TextEncoder
from wordvec.transforms import ABTT, PCA, Center, Multiply, Standardize, Truncate, Whiten

SHOWN = ("EN-WS-353-ALL", "EN-SIMLEX-999", "EN-RW-STANFORD", "EN-MTurk-771")


def scores(vectors, data):
    """Spearman's correlations of the four large sets, and the share of analogies solved."""
    found = [float(word_pairs(vectors, data / "similarity" / f"{name}.txt").spearman) for name in SHOWN]
    return [*found, float(analogies(vectors, data / "questions-words.txt", restrict_vocab=30_000).accuracy)]


def drawn(count, size, seed=1):
    return np.sort(np.random.default_rng(seed).permutation(count)[:size])


# hubness --------------------------------------------------------------------------------------------------------------


def neighbours(points, method, k=10):
    """[n, k] the nearest points of each, itself left out, by the cosine or by a score that corrects for hubs."""
    own = [[i] for i in range(len(points))]
    if method == "cosine":
        return search.nearest(points, points, k, exclude=own)[0]
    if method == "csls":
        penalty = csls_penalty(points, points, k, same=True)
        return nearest_csls(points, points, k, penalty=penalty, exclude=own)[0]
    return nearest_scaled(points, points, k, method=method, exclude=own)[0]


def hubness(options):
    """Nielsen and Hansen 2024: standardised dimensions and mutual proximity cut hubness by 75 %, errors by 9 %."""
    vectors = wordvec.load(options.vectors)
    encode = TextEncoder(vectors, "mean").encode
    sets = {"words": (np.asarray(vectors.vectors[drawn(len(vectors), 1500)]), None)}
    for name in ("TREC", "SUBJ"):
        texts, labels, _ = labelled(options.data, name)
        some = drawn(len(texts), 1500)
        sets[name] = encode([texts[i] for i in some]), labels[some]
    ways = [(step, "cosine") for step in (None, Center(), ABTT(), Standardize())]
    ways += [(None, method) for method in ("csls", "local", "mutual")]
    ways += [(Standardize(), method) for method in ("csls", "mutual")]
    table("points", "first", "neighbours by", "skewness", "change", "robin hood", "antihubs", "error of 10 nearest")
    for name, (matrix, labels) in sets.items():
        whole = matrix[np.linalg.norm(matrix, axis=1) > 0]
        labels = None if labels is None else labels[np.linalg.norm(matrix, axis=1) > 0]
        before = 0.0
        for step, method in ways:
            points = whole if step is None else step.fit(whole).apply(whole)
            near = neighbours(points, method)
            found = measures(np.bincount(near[near >= 0], minlength=len(points)), 10)
            before = before or found["skewness"]
            error = "-"
            if labels is not None:
                votes = np.stack([(labels[near] == label).sum(axis=1) for label in range(labels.max() + 1)])
                error = float((votes.argmax(axis=0) != labels).mean())
            first, change = "-" if step is None else step.name, f"{100 * (found['skewness'] / before - 1):+.0f} %"
            row(name, first, method, found["skewness"], change, found["robin_hood"], found["antihubs"], error)


# fewer dimensions -----------------------------------------------------------------------------------------------------


def neighbourly(vectors, size, pairs=20_000):
    """The projection to `size` numbers in which a row and its five nearest have most in common (TLDR, made linear).

    W maximises tr(W' N W) with W' C W = I, C the covariance and N that of rows with their neighbours.
    """
    from scipy.linalg import eigh

    rows = np.asarray(vectors.vectors[:pairs], np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows -= rows.mean(axis=0)
    near, _ = search.all_nearest(rows.astype(np.float32), 5)
    both = rows.T @ rows[near].mean(axis=1)
    return Multiply(eigh(both + both.T, 2 * rows.T @ rows)[1][:, ::-1][:, :size].astype(np.float32))


def dimensions(options):
    """TLDR (Kalantidis and others 2022), whitening, and all-but-the-top with PCA (Raunak and others 2019)."""
    vectors = wordvec.load(options.vectors)
    table("dimensions", "by", *(name.removeprefix("EN-") for name in SHOWN), "analogies")
    row(vectors.vector_size, "as trained", *scores(vectors, options.data))
    row(vectors.vector_size, "whitening", *scores(vectors.transformed(Whiten()), options.data))
    row(vectors.vector_size, "all but the top", *scores(vectors.transformed(ABTT()), options.data))
    for size in (128, 64):
        ways = {"PCA": [PCA(size)], "PCA, whitened": [PCA(size), Whiten()]}
        ways["all but the top 3, PCA"] = [ABTT(3), PCA(size)]
        ways["all but the top 7, PCA, all but the top 7"] = [ABTT(7), PCA(size), ABTT(7)]
        ways["neighbours' covariance"] = [Center(), neighbourly(vectors, size)]
        row(size, "rotation, truncated", *scores(vectors.rotate_pca().truncate(size), options.data))
        for name, steps in ways.items():
            row(size, name, *scores(vectors.transformed(*steps), options.data))
        row(size, "the first ones", *scores(vectors.transformed(Truncate(size)), options.data))


# codes ----------------------------------------------------------------------------------------------------------------


def codes(options):
    """BEBR (Gan and others 2023) and Tissier, Gravier and Habrard 2019: binary codes of 1/16 and 1/32 lose nothing."""
    vectors = wordvec.load(options.vectors)
    dim = vectors.vector_size
    files = [options.data / "similarity" / f"{name}.txt" for name in SHOWN]
    pca = vectors.rotate_pca()
    made = {
        "1/32: bits": lambda: vectors.compress("bits", rescore=None),
        "1/32: PQ, d/8, OPQ": lambda: vectors.compress("pq", m="d/8", opq=True),
        "1/32: residual bits, d/3 x 3": lambda: vectors.compress("residual-bits"),
        "1/32: rotated, d/8, int8": lambda: pca.truncate(dim // 8).compress("int8"),
        "1/16: PQ, d/4, OPQ": lambda: vectors.compress("pq", m="d/4", opq=True),
        "1/16: residual bits, d/2 x 4": lambda: vectors.compress("residual-bits", m="d/2", bits=4),
        "1/16: rotated, d/4, int8": lambda: pca.truncate(dim // 4).compress("int8"),
    }
    table("codes", "bytes a row", "overlap@10", *(name.removeprefix("EN-") for name in SHOWN), "analogies")
    for name, make in made.items():
        small = make()
        report = compression_report(vectors, small, files, [options.data / "questions-words.txt"], queries=400)
        cells = [f"{task.delta:+.3f} ({task.low:+.3f} to {task.high:+.3f})" for task in report.tasks]
        row(name, f"{report.compressed.row_bytes:.0f}", float(report.overlaps[-1].at_10), *cells)

    matrix, asked = np.asarray(vectors.vectors), drawn(len(vectors), 400)
    own = [[i] for i in asked]
    truth = search.nearest(matrix, matrix[asked], 10, exclude=own)[0]
    table("bits choose", "and float32 ranks: overlap@10")
    for count in (100, 250, 500, 1000):
        small = vectors.compress("bits", rescore="float32", candidates=count).vectors
        found = search.nearest(small, matrix[asked], 10, exclude=own)[0]
        row(
            count,
            statistics.mean(len(set(a) & set(b)) / 10 for a, b in zip(truth.tolist(), found.tolist(), strict=True)),
        )


# sources --------------------------------------------------------------------------------------------------------------


def sources(options):
    """Yin and Schuetze 2016, Coates and Bollegala 2018: a meta-embedding is better than its best source."""
    given = {Path(path).stem: wordvec.load(path) for path in options.sources}
    files = sorted((options.data / "similarity").glob("*.txt"))

    def mean(vectors):
        return 100 * statistics.mean(float(word_pairs(vectors, path).spearman) for path in files)

    alone = {name: mean(vectors) for name, vectors in given.items()}
    for name, value in alone.items():
        print(f"{name}: {value:.1f}")
    table("sources", "best source", "the next", "average", "concat", "svd", "average ahead by")
    ahead = {"average": [], "concat": [], "svd": []}
    for size in (2, 3):
        for some in itertools.combinations(given, size):
            parts = sorted(some, key=lambda name: -alone[name])
            best, found = alone[parts[0]], {}
            dim = max(given[name].vector_size for name in some)
            for method in ahead:
                how = {"dim": dim} if method == "svd" else {}
                found[method] = mean(meta.combine([given[name] for name in parts], method, **how))
                ahead[method].append(found[method] - best)
            cells = [f"{value:.1f}" for value in (best, alone[parts[1]], *found.values())]
            row(", ".join(parts), *cells, f"{found['average'] - best:+.1f}")
    for method, gains in ahead.items():
        print(f"{method}: ahead in {sum(gain > 0 for gain in gains)} of {len(gains)}, {statistics.mean(gains):+.2f}")


# partitions -----------------------------------------------------------------------------------------------------------


def partitions(options):
    """Complementary partitions (Shi and others 2020) are better than hashing at equal memory."""
    table("accuracy on", "share", "table", "AdaGrad", "plain descent")
    for name in ("SUBJ", "TREC"):
        for cells in classified(*labelled(options.data, name)[:2]):
            row(name, *cells)
    corpus = wordvec.encode_corpus(options.corpus)
    words = len(corpus.vocabulary)
    shares = "nearest shares the first row", "the second"
    table("share", "table", *shares, *(name.removeprefix("EN-") for name in SHOWN), "analogies")
    share, bucket = 0.25, int(0.25 * words)
    for name, how in TABLES.items():
        vectors = wordvec.HashEmbedding(vector_size=100, epochs=2, alpha=0.05, sample=1e-4, bucket=bucket, **how)
        vectors = vectors.fit(corpus).decompress()
        near = sharing(np.asarray(vectors.vectors), rows_of(name, words, bucket))
        row(share, name, *near, *scores(vectors, options.data))
    table("share", "table, fitted to vectors", "mean cosine", *shares, "WS-353", "MTurk-771")
    files = [options.data / "similarity" / f"{SHOWN[i]}.txt" for i in (0, 3)]
    for cells in held(wordvec.load(options.vectors), files, share):
        row(share, *cells)


CLAIMS = {claim.__name__: claim for claim in (hubness, dimensions, codes, topics, sets, sources, partitions)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--only", nargs="+", choices=list(CLAIMS), default=list(CLAIMS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sources", nargs="+", default=[])
    parser.add_argument("--corpus")
    parser.add_argument("--texts", nargs="+", type=Path, default=[])
    parser.add_argument("--keywords", type=Path)
    options = parser.parse_args()
    for name in options.only:
        started, used = time.perf_counter(), time.process_time()
        print(f"\n{name}: {CLAIMS[name].__doc__.strip()}")
        CLAIMS[name](options)
        print(f"{time.perf_counter() - started:.0f} s, {time.process_time() - used:.0f} s of processors")


if __name__ == "__main__":
    record(main)
