"""Pairs and graphs: labels of nodes from their vectors, steps of walks a second, and time against the peers' programs.

    python benchmarks/graphs.py labels FOLDER            labels of nodes of FOLDER/{cora,blogcatalog}.edgelist[.xz]
    python benchmarks/graphs.py walks FOLDER             steps a processor second on blogcatalog
    python benchmarks/graphs.py line FOLDER PROGRAM      LINE's C program (tangjianpku/LINE), the same samples
    python benchmarks/graphs.py word2vecf PAIRS FOLDER   word2vecf's C programs (BIU-NLP/word2vecf)

Labels: half of the labelled nodes train a logistic regression for each label, the others get their k most likely
labels, where k is the true number (Perozzi et al. 2014, section 4); F1 over five random halves. Times are processor
times.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import wordvec
from wordvec.graphs import Graph
from wordvec.graphs.walks import walk_corpus


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


def labels(folder, *names):
    for name in names or ("cora", "blogcatalog"):
        graph = graph_of(folder, name)
        lines = (line.split() for line in (Path(folder) / f"{name}.labels").read_text().splitlines())
        own = {node: set(rest) for node, *rest in lines}
        models = {
            "line 1": wordvec.LINE(order=1),
            "line 2": wordvec.LINE(order=2),
            "line both": wordvec.LINE(),
            "deepwalk": wordvec.DeepWalk(walks=10, walk_length=80),
            "node2vec p .25 q .25": wordvec.Node2Vec(p=0.25, q=0.25),
        }
        for title, model in models.items():
            start = time.process_time()
            vectors = model.fit(graph)
            seconds = time.process_time() - start
            print(
                json.dumps({"graph": name, "model": title, "f1": f1(vectors, own), "seconds": round(seconds, 1)}),
                flush=True,
            )


def walks(folder):
    graph = graph_of(folder, "blogcatalog")
    start = time.process_time()
    walk_corpus(graph, walks=1, walk_length=2, p=2.0)
    print(json.dumps({"first call": round(time.process_time() - start, 2)}))
    for p, q in ((1, 1), (0.25, 0.25), (0.25, 4), (4, 0.25), (1, 2)):
        start = time.process_time()
        corpus = walk_corpus(graph, p=p, q=q)
        steps = len(corpus.ids) / (time.process_time() - start)
        print(json.dumps({"p": p, "q": q, "steps a processor second": round(steps)}), flush=True)


def user_time(command):
    """The processor time of a program and its children, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def line(folder, program, samples=10):
    """As many samples, in millions, of order 2 as LINE's program draws; two threads each."""
    graph = graph_of(folder, "blogcatalog")
    tails = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    with TemporaryDirectory() as made:
        edges = os.path.join(made, "edges.txt")
        np.savetxt(edges, np.stack([tails, graph.indices, np.ones(len(tails), int)], axis=1), fmt="%d")
        common = [
            "-train",
            edges,
            "-output",
            os.path.join(made, "c.bin"),
            "-binary",
            "1",
            "-size",
            "128",
            "-order",
            "2",
        ]
        theirs = user_time([program, *common, "-negative", "5", "-samples", str(samples), "-threads", "2"])
        epochs = round(samples * 1e6 / len(tails))
        ours = [
            sys.executable,
            "-m",
            "wordvec",
            "train",
            edges,
            "--model",
            "line",
            "--order",
            "2",
            "--directed",
            "--quiet",
        ]
        options = [
            "--vector-size",
            "128",
            "--epochs",
            str(epochs),
            "--workers",
            "2",
            "-o",
            os.path.join(made, "o.safetensors"),
        ]
        print(json.dumps({"LINE": theirs, "wordvec": user_time([*ours, *options]), "samples": samples}))


def word2vecf(pairs, folder):
    """One pass over a file of pairs, 300 dimensions, 15 noise samples, two threads each; counting included."""
    with TemporaryDirectory() as made:
        words, contexts = os.path.join(made, "wv"), os.path.join(made, "cv")
        count = [os.path.join(folder, "count_and_filter"), "-train", pairs, "-cvocab", contexts, "-wvocab", words]
        theirs = user_time([*count, "-min-count", "1"])
        train = [
            os.path.join(folder, "word2vecf"),
            "-train",
            pairs,
            "-cvocab",
            contexts,
            "-wvocab",
            words,
            "-size",
            "300",
        ]
        theirs += user_time(
            [*train, "-output", os.path.join(made, "v"), "-negative", "15", "-threads", "2", "-iters", "1"]
        )
        ours = [sys.executable, "-m", "wordvec", "train", pairs, "--model", "pairs", "--vector-size", "300", "--quiet"]
        options = ["--negative", "15", "--epochs", "1", "--workers", "2", "-o", os.path.join(made, "o.safetensors")]
        print(json.dumps({"word2vecf": theirs, "wordvec": user_time([*ours, *options])}))


if __name__ == "__main__":
    {"labels": labels, "walks": walks, "line": line, "word2vecf": word2vecf}[sys.argv[1]](*sys.argv[2:])
