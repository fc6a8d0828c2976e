"""Pairs and graphs: labels of nodes from their vectors, steps of walks a second, and time against the peers' programs.

    python benchmarks/graphs.py labels FOLDER [--names cora,blogcatalog] [--models line]
    python benchmarks/graphs.py attributes FOLDER
    python benchmarks/graphs.py walks FOLDER
    python benchmarks/graphs.py peers FOLDER [--line PROGRAM] [--word2vecf FOLDER --text TEXT] [--pecanpy FOLDER]
        [--pairs 1]

FOLDER       has NAME.edgelist, perhaps compressed, and NAME.labels (lines `NODE LABEL LABEL ...`)
--line       LINE's C program (tangjianpku/LINE): 8 million samples of order 2, 128 dimensions, on blogcatalog
--word2vecf  the folder of word2vecf and count_and_filter (BIU-NLP/word2vecf): one pass over the pairs of a window of
             two in the first 500,000 tokens of TEXT, 300 dimensions, 15 noise samples; counting included
--pecanpy    the folder of the package (krishnanlab/PecanPy): p 0.25, q 4, two walks of 80 nodes from each node of
             blogcatalog, 128 dimensions, window 10, one epoch; and the walks alone, after compiling
--pairs      how often each side runs; who goes first changes from pair to pair

Labels: half of the labelled nodes train a logistic regression for each label, the others get their k most likely
labels, where k is the true number (Perozzi et al. 2014, section 4); F1 over five random halves. Peers have one thread
each, as we have; times are user seconds of whole processes, since wall times mean little on a machine that others use.

Attributes: planted ones for the nodes of cora, 18 words of 1,400, a quarter of them drawn from a distribution of the
class of the node; the labels from these words alone (128 dimensions of a truncated SVD), the graph alone, and both.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from common import environment, first_tokens, logged, pairs, spread
from recording import record

import wordvec
from wordvec.graphs import Graph, node_attributes
from wordvec.graphs.attributes import placed
from wordvec.graphs.walks import walk_corpus

SAMPLES = 8_000_000  # of LINE
TOKENS = 500_000  # of the text for word2vecf
P, Q, WALKS = 0.25, 4.0, 2
PECANPY = """
import json, sys, time
import numpy
for old, new in (("bool8", "bool_"), ("object0", "object_"), ("int0", "intp"), ("uint0", "uintp"), ("void0", "void"),
                 ("str0", "str_"), ("string_", "bytes_"), ("unicode_", "str_"), ("bytes0", "bytes_")):
    setattr(numpy, old, getattr(numpy, new))  # names that its dependencies still use
for name, kind in (("float_", "float64"), ("complex_", "complex128"), ("cfloat", "complex128"),
                   ("singlecomplex", "complex64"), ("longcomplex", "clongdouble"), ("clongfloat", "clongdouble"),
                   ("longfloat", "longdouble")):
    setattr(numpy, name, getattr(numpy, kind))
from pecanpy import pecanpy
edges, (p, q), walks, train = sys.argv[1], map(float, sys.argv[2:4]), int(sys.argv[4]), sys.argv[5] == "train"
graph = pecanpy.SparseOTF(p=p, q=q, workers=1, random_state=1)
graph.read_edg(edges, weighted=False, directed=False, delimiter=" ")
if train:
    graph.embed(dim=128, num_walks=walks, walk_length=80, window_size=10, epochs=1)
    print("{}")
    sys.exit()
times = [time.process_time()]
for rounds, length in ((1, 2), (1, 2), (walks, 80)):
    steps = sum(map(len, graph.simulate_walks(rounds, length)))
    times.append(time.process_time())
print(json.dumps({"steps": steps, "seconds": times[3] - 2 * times[2] + times[1]}))  # each call compiles anew
"""
WALKING = """
import json, sys, time
from wordvec.graphs import Graph
from wordvec.graphs.walks import walk_corpus
graph = Graph.of(sys.argv[1])
how = {"p": float(sys.argv[2]), "q": float(sys.argv[3]), "workers": 1}
walk_corpus(graph, walks=1, walk_length=2, **how)
started = time.process_time()
steps = len(walk_corpus(graph, walks=int(sys.argv[4]), **how).ids)
print(json.dumps({"steps": steps, "seconds": time.process_time() - started}))
"""


def graph_of(folder, name):
    (path,) = Path(folder).glob(f"{name}.edgelist*")
    return Graph.of(path)


def f1(vectors, labels, share=0.5, seeds=5):
    """Micro and macro F1 in percent, means over random halves."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.multiclass import OneVsRestClassifier

    nodes = [node for node in labels if node in vectors]
    names = sorted({label for node in nodes for label in labels[node]})
    truth = np.array([[name in labels[node] for name in names] for node in nodes], int)
    rows, scores = np.stack([vectors[node] for node in nodes]), []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(nodes))
        some, rest = np.split(order, [int(share * len(order))])
        model = OneVsRestClassifier(LogisticRegression(solver="liblinear")).fit(rows[some], truth[some])
        ranks = (-model.predict_proba(rows[rest])).argsort(axis=1).argsort(axis=1)
        found = (ranks < truth[rest].sum(axis=1, keepdims=True)).astype(int)
        scores.append(
            [100 * f1_score(truth[rest], found, average=kind, zero_division=0) for kind in ("micro", "macro")]
        )
    return np.mean(scores, axis=0).round(1).tolist()


def labels(arguments):
    folder = arguments.folder
    for name in arguments.names.split(","):
        graph = graph_of(folder, name)
        lines = (line.split() for line in (Path(folder) / f"{name}.labels").read_text().splitlines())
        own = {node: set(rest) for node, *rest in lines}
        models = {
            "line 1": wordvec.LINE(order=1),
            "line 2": wordvec.LINE(order=2),
            "line both": wordvec.LINE(),
            "deepwalk, defaults": wordvec.DeepWalk(),
            "deepwalk": wordvec.DeepWalk(walks=10, walk_length=80),
            "node2vec p .25 q .25": wordvec.Node2Vec(p=0.25, q=0.25),
            "node2vec p .25 q 4": wordvec.Node2Vec(p=0.25, q=4),
        }
        for title, model in models.items():
            if not title.startswith(tuple(arguments.models.split(","))):
                continue
            start = time.process_time()
            vectors = model.fit(graph)
            seconds = time.process_time() - start
            print(
                json.dumps({"graph": name, "model": title, "f1": f1(vectors, own), "seconds": round(seconds, 1)}),
                flush=True,
            )


def words_of(graph, own, seed=1):
    """Node to words: each word with a chance of a quarter of the node's class, else of all classes."""
    random, words = np.random.default_rng(seed), 1400
    topics = {name: random.dirichlet(np.full(words, 0.1)) for name in sorted({next(iter(of)) for of in own.values()})}
    common = random.dirichlet(np.full(words, 0.3))
    chances = {name: 0.75 * common + 0.25 * topic for name, topic in topics.items()}
    nodes = [node for node in own if node in graph.vocabulary]
    return {
        node: [str(word) for word in set(random.choice(words, 18, p=chances[next(iter(own[node]))]).tolist())]
        for node in nodes
    }


def attributes(arguments):
    from sklearn.decomposition import TruncatedSVD

    graph = graph_of(arguments.folder, "cora")
    lines = (line.split() for line in (Path(arguments.folder) / "cora.labels").read_text().splitlines())
    own = {node: set(rest) for node, *rest in lines}
    given = words_of(graph, own)
    matrix = placed(node_attributes(given), graph.vocabulary)
    alone = dict(zip(graph.vocabulary, TruncatedSVD(128, random_state=0).fit_transform(matrix)))
    half = {node: words for i, (node, words) in enumerate(given.items()) if i % 2}
    print(json.dumps({"model": "words alone", "f1": f1(alone, own)}), flush=True)
    for scales, window, epochs, words in (
        ("pooled", 10, 1, None),
        ("pooled", 3, 1, given),
        ("pooled", 3, 5, given),
        ("multi", 3, 1, given),
        ("multi", 3, 5, given),
        ("pooled", 3, 1, half),
    ):
        model = wordvec.DeepWalk(walks=10, walk_length=80, window=window, epochs=epochs, scales=scales)
        start = time.process_time()
        vectors = model.fit(graph, attributes=words)
        seconds = round(time.process_time() - start, 1)
        told = {"scales": scales, "window": window, "epochs": epochs, "nodes with words": len(words or ())}
        print(json.dumps({"model": told, "f1": f1(vectors, own), "seconds": seconds}), flush=True)


def walks(arguments):
    graph = graph_of(arguments.folder, "blogcatalog")
    start = time.process_time()
    walk_corpus(graph, walks=1, walk_length=2, p=2.0, workers=1)
    print(json.dumps({"first call": round(time.process_time() - start, 2)}))
    for p, q in ((1, 1), (0.25, 0.25), (0.25, 4), (4, 0.25), (1, 2)):
        start = time.process_time()
        corpus = walk_corpus(graph, p=p, q=q, workers=1)
        steps = len(corpus.ids) / (time.process_time() - start)
        print(json.dumps({"p": p, "q": q, "steps a processor second": round(steps)}), flush=True)


def user_time(environment: dict[str, str], *commands: list[str]) -> dict[str, Any]:
    """The user seconds of programs, one after another, and what the last one printed, if that is JSON."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    for command in commands:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    said = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return {"user seconds": seconds, **said}


def one_thread(folder: str) -> dict[str, str]:
    """The environment of both sides: one thread, and byte code that is kept, as where a package was installed."""
    threads = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return environment() | threads | {"PYTHONPYCACHEPREFIX": os.path.join(folder, "bytecode")}


def train(path: str, model: str, *options: object) -> list[str]:
    """The command that trains on a file."""
    given = [*map(str, options), "--workers", "1", "--quiet", "--force", "-o", path + ".safetensors"]
    return [sys.executable, "-m", "wordvec", "train", path, "--model", model, *given]


def with_line(arguments: argparse.Namespace, made: str) -> tuple[list[str], list[list[str]]]:
    """Our command and theirs for LINE of second order."""
    graph = graph_of(arguments.folder, "blogcatalog")
    edges = os.path.join(made, "arcs")
    tails = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    np.savetxt(edges, np.stack([tails, graph.indices, np.ones(len(tails), int)], axis=1), fmt="%d")
    millions = round(SAMPLES / 1e6)
    theirs = f"-size 128 -order 2 -negative 5 -samples {millions} -threads 1 -binary 1".split()
    ours = f"--order 2 --directed --vector-size 128 --epochs {round(SAMPLES / len(tails))}".split()
    out = os.path.join(made, "line.bin")
    return train(edges, "line", *ours), [[arguments.line, "-train", edges, "-output", out, *theirs]]


def with_word2vecf(arguments: argparse.Namespace, made: str) -> tuple[list[str], list[list[str]]]:
    """Our command and theirs for pairs of words."""
    path, words, contexts = (os.path.join(made, name) for name in ("pairs", "words", "contexts"))
    with open(arguments.text) as text, open(path, "w") as out:
        for line in first_tokens(text.readlines(), TOKENS):
            for i, word in enumerate(line):
                near = line[max(i - 2, 0) : i] + line[i + 1 : i + 3]
                out.writelines(f"{word} {other}\n" for other in near)
    given = ["-train", path, "-wvocab", words, "-cvocab", contexts]
    count = [os.path.join(arguments.word2vecf, "count_and_filter"), *given, "-min-count", "1"]
    learn = f"-size 300 -negative 15 -threads 1 -iters 1 -output {path}.vectors".split()
    ours = "--vector-size 300 --negative 15 --epochs 1".split()
    return train(path, "pairs", *ours), [count, [os.path.join(arguments.word2vecf, "word2vecf"), *given, *learn]]


def with_pecanpy(arguments: argparse.Namespace, made: str, how: str) -> tuple[list[str], list[list[str]]]:
    """Our command and theirs for node2vec, or its walks alone."""
    edges = os.path.join(made, "edges")
    graph = graph_of(arguments.folder, "blogcatalog").to_scipy().tocoo()
    some = graph.row < graph.col
    np.savetxt(edges, np.stack([graph.row[some], graph.col[some]], axis=1), fmt="%d")
    numbers = [str(P), str(Q), str(WALKS)]
    options = f"--p {P} --q {Q} --walks {WALKS} --walk-length 80 --vector-size 128 --window 10".split()
    ours = [sys.executable, "-c", WALKING, edges, *numbers] if how == "walks" else train(edges, "node2vec", *options)
    return ours, [[sys.executable, "-c", PECANPY, edges, *numbers, how]]


def peers(arguments: argparse.Namespace) -> None:
    """Ratios of user seconds, and of processor seconds of walks alone."""
    kinds: dict[str, tuple[str | None, Callable[..., Any]]] = {
        "LINE": (arguments.line, with_line),
        "word2vecf": (arguments.word2vecf, with_word2vecf),
        "PecanPy": (arguments.pecanpy, partial(with_pecanpy, how="train")),
        "PecanPy, walks": (arguments.pecanpy, partial(with_pecanpy, how="walks")),
    }
    for name, (where, commands) in kinds.items():
        if where is None:
            continue
        with TemporaryDirectory() as made:
            mine, other = commands(arguments, made)
            own = one_thread(made)
            theirs = own | {"PYTHONPATH": os.pathsep.join(filter(None, (arguments.pecanpy, own.get("PYTHONPATH"))))}
            user_time(own, mine)  # keeps byte code and what numba compiled
            both = partial(user_time, own, mine), partial(user_time, theirs, *other)
            runs = pairs(arguments.pairs, *(lambda _, run=run: run() for run in both))
            results = logged(runs, None, peer=name)
        measured = "seconds" if name.endswith("walks") else "user seconds"
        ratios = [theirs[measured] / ours[measured] for ours, theirs in results]
        print(f"{name}: {spread(ratios)} times our {measured}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("labels", "attributes", "walks", "peers"))
    parser.add_argument("folder")
    parser.add_argument("--names", default="cora,blogcatalog")
    parser.add_argument("--models", default="line,deepwalk,node2vec", help="the beginnings of their names")
    for name in ("--line", "--word2vecf", "--text", "--pecanpy"):
        parser.add_argument(name)
    parser.add_argument("--pairs", type=int, default=1)
    arguments = parser.parse_args()
    {"labels": labels, "attributes": attributes, "walks": walks, "peers": peers}[arguments.what](arguments)


if __name__ == "__main__":
    record(main)
