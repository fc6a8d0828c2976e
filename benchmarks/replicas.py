"""Quality of skip-gram by the number of replicas, and their cost against threads that share one model.

    python benchmarks/replicas.py CORPUS --quality SCRIPT DATA [--replicas 1 2 4 8 16] [--sync 10000 ...] [--ways ...]
        [--model skipgram] [--hs] [--vector-size 100] [--epochs 5] [--workers 2] [--seeds 1 ...] [--log FILE]
    python benchmarks/replicas.py CORPUS --speed [--replicas 2 4] [--pairs 5] [--workers 2] [--log FILE]

CORPUS     a plain text file, one sentence a line
--quality  a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
           {test: [score, ...]}
--ways     how replicas become one:
           rule     that of wordvec
           plain    the mean alone, with the user's learning rate
           raised   the mean alone, with a learning rate R^0.75 times as high
           epoch    as plain, once an epoch
           spark    as plain, once at the end: what Spark MLlib's Word2Vec does in its one iteration
--seeds    the scores are means over them
--speed    fit with replicas and with threads that share one model, in alternating order: seconds and their quotient

All are trained with the same options for the same epochs. `moved` is the share of the rows of both tables that is moved
in a round, on average; it is told for skip-gram and CBOW with noise words.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
from common import logged, pairs, quality, spread
from recording import record

import wordvec
from wordvec.optim import averaging
from wordvec.trainers import TRAINERS
from wordvec.trainers import replicas as local

WAYS = ("rule", "plain", "raised", "epoch", "spark")


@contextmanager
def way_of(way: str) -> Iterator[None]:
    """Replace the factors of rows and the learning rate."""
    if way == "rule":
        yield
        return
    power = 0.75 if way == "raised" else 0.0

    def ones(self: averaging.Averaging, first: int, last: int, *_: Any) -> Any:
        return np.ones(last - first, np.float32)

    with (
        patch.object(averaging.Averaging, "factors", ones),
        patch.object(local, "local_rate", lambda alpha, replicas, _: alpha * replicas**power),
    ):
        yield


def moved(trainer: Any, corpus: wordvec.EncodedCorpus) -> float:
    """The share of the rows of both tables that a round moves; NaN where words have several rows."""
    if trainer.name not in ("skipgram", "cbow") or trainer.hs:
        return float("nan")
    counts = np.asarray(corpus.vocabulary.counts)
    tables = trainer._tables(corpus.vocabulary) | {"input": counts, "output": counts}
    rounds, rates = local.rounds_of(trainer, corpus), local.expected_updates(trainer, counts, tables)
    made = [rounds.averaging(rate) for rate in rates.values()]
    due = [one.due(done, rounds.count) for one in made for done in range(1, rounds.count + 1)]
    return sum(due) / rounds.count / len(counts) / 2


def measure_quality(arguments: argparse.Namespace, corpus: wordvec.EncodedCorpus) -> None:
    """Train all and print the table."""
    tests: list[str] = []
    for replicas in arguments.replicas:
        ways = ["rule"] if replicas == 1 else arguments.ways
        for way in ways:
            syncs = [len(corpus.ids)] if way in ("epoch", "spark") else arguments.sync or [None]
            for sync in syncs:
                facts, scores = scored(arguments, corpus, replicas, way, sync)
                if arguments.log:
                    with open(arguments.log, "a") as log:
                        log.write(json.dumps({**facts, **scores}) + "\n")
                if not tests:
                    tests = [test for test in scores if test.startswith(("EN-", "analogy"))]
                    print("| R | way | sync | rounds an epoch | moved | " + " | ".join(tests) + " |")
                    print("|" + "---|" * (5 + len(tests)))
                cells = [f"{scores[test]:.3f}" if test.startswith("EN-") else f"{scores[test]:.1f}" for test in tests]
                first = f"| {replicas} | {way} | {facts['sync']} | {facts['rounds']} | {facts['moved']:.2f} | "
                print(first + " | ".join(cells) + " |", flush=True)


def scored(
    arguments: argparse.Namespace, corpus: wordvec.EncodedCorpus, replicas: int, way: str, sync: int | None
) -> tuple[dict[str, Any], dict[str, float]]:
    """What was trained, and its scores, means over all seeds."""
    options: dict[str, Any] = {name: getattr(arguments, name) for name in ("epochs", "vector_size", "workers")}
    options |= {"hs": True} if arguments.hs else {}
    started, scores = time.perf_counter(), []
    for seed in arguments.seeds:
        trainer = TRAINERS[arguments.model](replicas=replicas, sync=sync, seed=seed, **options)
        with way_of(way):
            vectors = at_the_end(trainer, corpus) if way == "spark" else trainer.fit(corpus)
        scores.append(quality(vectors, *arguments.quality))
    rounds = local.rounds_of(trainer, corpus)
    facts = {"model": arguments.model, "hs": arguments.hs, "seeds": arguments.seeds, "replicas": replicas, "way": way}
    facts |= {"sync": round(rounds.size), "rounds": rounds.count, "seconds": time.perf_counter() - started}
    facts["moved"] = moved(trainer, corpus) if replicas > 1 else 0.0
    return facts, {test: float(np.mean([one[test] for one in scores])) for test in scores[0]}


def at_the_end(trainer: Any, corpus: wordvec.EncodedCorpus) -> wordvec.KeyedVectors:
    """Replicas that train all epochs on their own shares, and are averaged once."""
    parts = local.rounds_of(trainer, corpus).shares
    chunks = corpus.chunks()
    options = trainer.to_dict() | {"replicas": None, "sync": None, "workers": 1}
    total = np.zeros((len(corpus.vocabulary), trainer.vector_size))
    for first, last in zip(chunks[parts[:-1]], chunks[parts[1:]]):
        offsets = corpus.offsets[first : last + 1]
        ids = corpus.ids[offsets[0] : offsets[-1]]
        share = wordvec.EncodedCorpus(
            corpus.vocabulary, ids, offsets - offsets[0], corpus.stats, corpus.fingerprint, corpus.options
        )
        total += np.asarray(type(trainer)(**options).fit(share).vectors)
    return wordvec.KeyedVectors(corpus.vocabulary, (total / trainer.replicas).astype(np.float32))


def measure_speed(arguments: argparse.Namespace, corpus: wordvec.EncodedCorpus) -> None:
    """Print the seconds of both, and their quotient."""
    common = {"epochs": arguments.epochs, "workers": arguments.workers}

    def seconds(**options: Any) -> dict[str, float]:
        started = time.perf_counter()
        wordvec.SkipGram(**common, **options).fit(corpus)
        return {"seconds": time.perf_counter() - started}

    for replicas in arguments.replicas:
        for sync in arguments.sync or [None]:
            both = pairs(
                arguments.pairs,
                lambda seed, replicas=replicas, sync=sync: seconds(seed=seed + 1, replicas=replicas, sync=sync),
                lambda seed: seconds(seed=seed + 1),
            )
            results = logged(both, arguments.log, replicas=replicas, sync=sync, workers=arguments.workers)
            mine, other = ([one["seconds"] for one in side] for side in zip(*results))
            quotients = spread([a / b for a, b in zip(mine, other)])
            print(f"| {replicas} | {sync} | {spread(mine)} s | {spread(other)} s | {quotients} |", flush=True)


def main() -> None:
    """Measure one or the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    what.add_argument("--speed", action="store_true")
    parser.add_argument("--replicas", nargs="+", type=int, default=[1, 2, 4, 8, 16])
    parser.add_argument("--sync", nargs="+", type=int, help="default: that of wordvec")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument(
        "--model", default="skipgram", choices=[n for n, t in TRAINERS.items() if hasattr(t, "replicas")]
    )
    parser.add_argument("--hs", action="store_true", help="hierarchical softmax in place of noise words")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    for name, default in (("epochs", 5), ("workers", 2), ("vector-size", 100), ("pairs", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--cache", help="a folder for the encoded corpus")
    parser.add_argument("--log")
    arguments = parser.parse_args()
    corpus = wordvec.encode_corpus(arguments.corpus, min_count=arguments.min_count, cache=arguments.cache)
    (measure_speed if arguments.speed else measure_quality)(arguments, corpus)


if __name__ == "__main__":
    record(main)
