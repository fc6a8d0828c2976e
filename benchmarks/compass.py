"""Slices of a corpus in one space: the compass against consecutive Procrustes, what it costs, and which words moved.

    python benchmarks/compass.py NAME=CORPUS NAME=CORPUS... [--model skipgram] [--seeds 1 2 3] [--dim 100] [--epochs 5]

Static self-retrieval: the vector that a common word has in one slice asks the next slice for the nearest word, and the
right answer is the word itself. Times are of corpora that are encoded already.
"""

import argparse
import statistics
import time
import warnings
from itertools import pairwise

from common import pairs, spread
from recording import record

import wordvec
from wordvec.align import align_slices, train_compass
from wordvec.corpus.combine import restricted, together


def apart(corpora, trainer, vocabulary):
    """Vectors of each slice trained alone, with the words that its slice of the compass has."""
    return {name: trainer.fit(restricted(corpus, vocabulary)) for name, corpus in corpora.items()}


def timed(function, *arguments, **options):
    """The result, and seconds of the wall clock and of all threads."""
    started = time.perf_counter(), time.process_time()
    result = function(*arguments, **options)
    return result, (time.perf_counter() - started[0], time.process_time() - started[1])


def mrr(slices, words):
    """The mean over slices that follow each other."""
    scores = [slices.evaluate([(word, word) for word in words], *pair)["static"] for pair in pairwise(slices.slices)]
    return [statistics.mean(getattr(score, name) for score in scores) for name in ("mrr", "p1", "p10")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slices", nargs="+")
    parser.add_argument("--model", default="skipgram", choices=["skipgram", "cbow"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--words", type=int, default=2000)
    options = parser.parse_args()
    named = dict(item.split("=", 1) for item in options.slices)
    corpora = {name: wordvec.encode_corpus(path, min_count=1) for name, path in named.items()}
    whole = together(list(corpora.values()))
    own = [restricted(corpus, whole.vocabulary).vocabulary for corpus in corpora.values()]
    words = [word for word in whole.vocabulary if all(word in vocabulary for vocabulary in own)][: options.words]
    kind, results, times = wordvec.trainers.TRAINERS[options.model], {}, []
    warnings.simplefilter("ignore")
    hows = [{"vector_size": options.dim, "epochs": options.epochs, "seed": seed} for seed in options.seeds]
    runs = pairs(
        len(hows),
        lambda i: timed(train_compass, corpora, options.model, **hows[i]),
        lambda i: timed(apart, corpora, kind(**hows[i]), whole.vocabulary),
    )
    for how, ((compass, seconds), (alone, alone_seconds)) in zip(hows, runs):
        times.append((seconds, alone_seconds))
        results.setdefault("compass", []).append(mrr(compass, words))
        near = train_compass(corpora, options.model, start="compass", compatible_with=compass.compass, **how)
        results.setdefault("compass, started from it", []).append(mrr(near, words))
        results.setdefault("Procrustes, consecutive", []).append(mrr(align_slices(alone), words))
        print(f"seed {how['seed']}: compass {seconds[0]:.1f} s, slices alone {alone_seconds[0]:.1f} s", flush=True)
    print(f"\n{len(words)} words; {options.model}, {options.dim} dimensions, {options.epochs} epochs")
    for at, name in enumerate(("wall clock", "all threads")):
        ours, theirs = ([side[at] for side in column] for column in zip(*times, strict=True))
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        print(
            f"cost, compass and slices against slices alone, {name}: {spread(ratios)}; "
            f"of the fastest runs {min(ours) / min(theirs):.2f}"
        )
    print()
    print("| method | MRR | P@1 | P@10 |\n|---|---|---|---|")
    for name, runs in results.items():
        cells = [statistics.mean(run[i] for run in runs) for i in range(3)]
        apart_by = max(run[0] for run in runs) - min(run[0] for run in runs)
        print(f"| {name} | {cells[0]:.3f} (spread {apart_by:.3f}) | {cells[1]:.3f} | {cells[2]:.3f} |")
    first, *_, last = named
    print(f"\nmoved most from {first} to {last}, of words that both have 200 times:")
    for found in compass.drift(first, last, topn=15, min_count=200):
        near = [", ".join(word for word, _ in compass[name].most_similar(found.word, topn=4)) for name in (first, last)]
        print(f"{found.word} {found.drift:.2f}: {near[0]} -> {near[1]}")
    for overlap in compass.overlaps:
        print(f"{overlap.first} and {overlap.second} share {overlap.share:.0%} of their words")


if __name__ == "__main__":
    record(main)
