"""Training from a text file to saved vectors against gensim's corpus_file: whole processes in turn, and their quality.

    python benchmarks/train_vs_gensim.py CORPUS --peer-python PYTHON [--pairs 3] [--models skipgram cbow]
        [--sizes 100 300] [--workers 1 2] [--epochs 5] [--quality SCRIPT DATA] [--log FILE]

CORPUS         a plain text file, one sentence a line
--peer-python  an interpreter that has gensim (default: this one)
--pairs        how often each side runs, with the seeds 1, 2, ...; who goes first changes from pair to pair
--quality      a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
               {test: [score, ...]}; it sees the very vectors of the timed runs
--log          where a line of JSON is added for each pair

Both sides: window 5, 5 negatives, sample 1e-4, min_count 5; skip-gram at alpha .025, CBOW at alpha .05.
A ratio is gensim's time over ours within one pair: of whole processes (start, imports, reading, training, saving) and
of the training call alone. Printed are medians with the smallest and largest, the mean of each
score, and of the differences of scores within pairs, ours less gensim's, with the 95 % interval of Student's t.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from typing import Any

from common import AS_NPY, pairs, quality, run, spread
from recording import headline, record
from scipy import stats

OURS = """
import json, sys, time
import wordvec
corpus, out, model, size, workers, seed, alpha, epochs = sys.argv[1:]
start = time.perf_counter()
encoded = wordvec.encode_corpus(corpus, workers=int(workers))
read = time.perf_counter()
vectors = wordvec.train(encoded, model=model, vector_size=int(size), workers=int(workers), seed=int(seed),
                        alpha=float(alpha), window=5, negative=5, sample=1e-4, epochs=int(epochs))
trained = time.perf_counter()
vectors.save(out)
tokens = int(epochs) * encoded.stats.kept
saved = time.perf_counter()
print(json.dumps({"read": read - start, "train": trained - read, "save": saved - trained, "tokens": tokens}))
"""
GENSIM = """
import json, sys, time
from gensim.models import Word2Vec
corpus, out, model, size, workers, seed, alpha, epochs = sys.argv[1:]
start = time.perf_counter()
trainer = Word2Vec(sg=int(model == "skipgram"), vector_size=int(size), workers=int(workers), seed=int(seed),
                   alpha=float(alpha), window=5, negative=5, sample=1e-4, min_count=5)
trainer.build_vocab(corpus_file=corpus)
read = time.perf_counter()
trainer.train(corpus_file=corpus, total_words=trainer.corpus_total_words, total_examples=trainer.corpus_count,
              epochs=int(epochs))
trained = time.perf_counter()
trainer.wv.save(out)
tokens = int(epochs) * int(sum(trainer.wv.get_vecattr(word, "count") for word in trainer.wv.index_to_key))
saved = time.perf_counter()
print(json.dumps({"read": read - start, "train": trained - read, "save": saved - trained, "tokens": tokens}))
"""
GENSIM_AS_NPY = AS_NPY.replace("wordvec.load", "gensim.models.KeyedVectors.load").replace(
    "numpy, wordvec", "numpy, gensim.models"
)
ALPHA = {"skipgram": 0.025, "cbow": 0.05}


def measure(arguments: argparse.Namespace, model: str, size: int, workers: int) -> list[tuple[Any, Any]]:
    """Pairs of (ours, gensim's) for one setting."""

    def side(python: str, train: str, as_npy: str, seed: int) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "vectors.safetensors")
            result = run(
                python, train, arguments.corpus, out, model, size, workers, seed, ALPHA[model], arguments.epochs
            )
            if arguments.quality:
                result["quality"] = quality(out, *arguments.quality, python=python, as_npy=as_npy)
        return result

    results = []
    for ours, theirs in pairs(
        arguments.pairs,
        lambda i: side(sys.executable, OURS, AS_NPY, i + 1),
        lambda i: side(arguments.peer_python, GENSIM, GENSIM_AS_NPY, i + 1),
    ):
        line = {
            "model": model,
            "size": size,
            "workers": workers,
            "seed": len(results) + 1,
            "ours": ours,
            "gensim": theirs,
        }
        print(json.dumps(line), file=sys.stderr, flush=True)
        if arguments.log:
            with open(arguments.log, "a") as log:
                log.write(json.dumps(line) + "\n")
        results.append((ours, theirs))
    return results


def speed_row(model: str, size: int, workers: int, results: list[tuple[Any, Any]]) -> str:
    """A row of the table of times."""
    rate = [
        statistics.median(one["tokens"] / one["train"] / 1e6 for one in side) for side in zip(*results, strict=True)
    ]
    whole = [statistics.median(one["whole"] for one in side) for side in zip(*results, strict=True)]
    ratios = [spread([theirs[key] / ours[key] for ours, theirs in results]) for key in ("whole", "train")]
    return (
        f"| {model} | {size} | {workers} | {whole[0]:.1f} s | {whole[1]:.1f} s | **{ratios[0]}** | "
        f"{rate[0]:.2f} | {rate[1]:.2f} | {ratios[1]} |"
    )


def quality_row(model: str, size: int, workers: int, results: list[tuple[Any, Any]], tests: list[str]) -> str:
    """A row of the table of scores: ours / gensim's, means over the seeds."""
    cells = []
    for test in tests:
        ours, theirs = (statistics.mean(one["quality"][test] for one in side) for side in zip(*results, strict=True))
        cells.append(f"{ours:.3f} / {theirs:.3f}" if ours < 1 else f"{ours:.1f} / {theirs:.1f}")
    return f"| {model} | {size} | {workers} | " + " | ".join(cells) + " |"


def difference_row(model: str, size: int, workers: int, results: list[tuple[Any, Any]], tests: list[str]) -> str:
    """A row of the table of differences: their mean over the seeds, and half of its 95 % interval."""
    cells = []
    for test in tests:
        differences = [ours["quality"][test] - theirs["quality"][test] for ours, theirs in results]
        half = (
            stats.sem(differences) * stats.t.ppf(0.975, len(differences) - 1) if len(differences) > 1 else float("nan")
        )
        cells.append(f"{statistics.mean(differences):+.3g} ± {half:.2g}")
    return f"| {model} | {size} | {workers} | " + " | ".join(cells) + " |"


SCORES = (("analogies", "analogy", "{:.1f} / {:.1f} %"), ("WS-353", "EN-WS-353-ALL", "{:.3f} / {:.3f}"))


def score_of(results: list[tuple[Any, Any]], name: str, test: str, form: str) -> str:
    """The mean scores of both sides in one test, with its name."""
    means = [statistics.mean(one["quality"][test] for one in side) for side in zip(*results, strict=True)]
    return f"{name} {form.format(*means)}"


def main() -> None:
    """Run all settings and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=["skipgram", "cbow"], choices=list(ALPHA))
    parser.add_argument("--sizes", nargs="+", type=int, default=[100, 300])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    parser.add_argument("--log")
    arguments = parser.parse_args()
    settings = [(m, s, w) for w in arguments.workers for s in arguments.sizes for m in arguments.models]
    rows = [(setting, measure(arguments, *setting)) for setting in settings]
    columns = "model, vector_size, workers, wordvec, gensim, ratio, wordvec M words/s, gensim, ratio of training"
    print("| " + columns.replace(", ", " | ") + " |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (model, size, workers), results in rows:
        print(speed_row(model, size, workers, results))
        ours, theirs = ([one["whole"] for one in side] for side in zip(*results, strict=True))
        name = {"skipgram": "skip-gram", "cbow": "CBOW"}[model]
        scores = ", ".join(score_of(results, *test) for test in SCORES if arguments.quality)
        headline(f"{name}, {size}, {workers} worker{'s' * (workers > 1)}", "gensim", ours, theirs, quality=scores)
    if arguments.quality:
        tests = [test for test in rows[0][1][0][0]["quality"] if test.startswith(("EN-", "analogy"))]
        for row in (quality_row, difference_row):
            print("\n| model | vector_size | workers | " + " | ".join(tests) + " |\n|" + "---|" * (3 + len(tests)))
            for setting, results in rows:
                print(row(*setting, results, tests))


if __name__ == "__main__":
    record(main)
