"""A model that grows: trained on the first half of a text and grown by the second, against all of it at once.

    python benchmarks/growth.py TEXT DATA [--model skipgram] [--dim 100] [--epochs 5] [--workers 1] [--seeds 1]

TEXT is a file of sentences. DATA is a folder with questions-words.txt and similarity/EN-WS-353-ALL.txt,
EN-SIMLEX-999.txt, EN-RW-STANFORD.txt. Beside both there are the second half alone, started at random, and the two
halves trained alone and merged: the second is turned onto the first by Procrustes, and words of both are the mean.
Analogies are of all questions, one with an unknown word counts as wrong; similarity is Spearman's rho of the pairs that
are known. "Stay" is the share of the ten nearest old words of an old word that still are among them.
"""

import argparse
import bz2
import gzip
import lzma
import tempfile
import time
import warnings
from pathlib import Path

from recording import PAIRS, record

import wordvec
from wordvec.align import fit_map
from wordvec.trainers.growth import Growth, neighbours_kept

SETS = {"WS-353": "EN-WS-353-ALL.txt", "SimLex": "EN-SIMLEX-999.txt", "rare words": "EN-RW-STANFORD.txt"}
OPENERS = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


def halves(path, folder):
    """Two files with the first and the second half of the lines."""
    with OPENERS.get(path.suffix, open)(path, "rb") as file:
        lines = file.readlines()
    names = [folder / "first.txt", folder / "second.txt"]
    for name, part in zip(names, (lines[: len(lines) // 2], lines[len(lines) // 2 :]), strict=True):
        name.write_bytes(b"".join(part))
    return names


def scores(vectors, data):
    """Accuracy of analogies in percent, the correlations, and how many pairs are unknown."""
    answers = vectors.evaluate_word_analogies(data / "questions-words.txt")
    found = {"analogies": 100 * answers.correct / answers.total}
    for name, file in SETS.items():
        result = vectors.evaluate_word_pairs(data / "similarity" / file)
        found[name] = result.spearman
        found[f"{name} pairs"] = result.used
    return found


def merged(first, second):
    """The second model turned onto the first, and the mean of the two."""
    shared = [word for word in first if word in second]
    turn = fit_map(second, first, [(word, word) for word in shared], normalize="unit")
    return turn.apply_target(first).merge(turn.apply(second), on_conflict="mean")


def show(name, vectors, data, first, start):
    """Print a line of the table, and keep the numbers."""
    found = {"name": name, "words": len(vectors), "seconds": time.perf_counter() - start, **scores(vectors, data)}
    if first is not None and all(word in vectors for word in first):
        found |= neighbours_kept(first, vectors)
    PAIRS.append(found)
    stay = f"{found['kept']:.0%}" if "kept" in found else "-"
    cells = [f"{found['analogies']:.1f}", *(f"{found[each]:.3f}" for each in SETS)]
    print(f"| {name} | {len(vectors):,} | {' | '.join(cells)} | {stay} |", flush=True)


def grown_ways(trainer):
    """The ways to grow: a name, the trainer, and the arguments of `fit`."""
    alpha = trainer.alpha
    for share in (1.0, 0.5, 0.2):
        rate = type(trainer)(**trainer.to_dict() | {"alpha": alpha * share})
        yield f"grown, alpha {alpha * share:g}", rate, {"grow": True}
    yield "grown, alpha from the end of the first", trainer, {"grow": Growth(growth_alpha="end")}
    yield "grown, new words at random", trainer, {"grow": Growth(new_words="random")}
    yield "grown, known words frozen", trainer, {"grow": True, "freeze": "known"}
    yield "grown without the context matrix", trainer, {"grow": True, "context": False}


def compared(options, seed, folder):
    """Train and evaluate everything for one seed."""
    first_text, second_text = halves(options.text, folder)
    kind = wordvec.TRAINERS[options.model]
    trainer = kind(vector_size=options.dim, epochs=options.epochs, workers=options.workers, seed=seed)
    start = time.perf_counter()
    first = trainer.fit(first_text, keep_context=True)
    show("first half", first, options.data, None, start)
    for name, texts in (("all at once", [first_text, second_text]), ("second half alone", second_text)):
        start = time.perf_counter()
        vectors = trainer.fit(texts)
        show(name, vectors, options.data, None, start)
    start = time.perf_counter()
    show("halves merged by Procrustes", merged(first, vectors), options.data, first, start)
    bare = wordvec.KeyedVectors(first.vocabulary, first.vectors, metadata=first.metadata)
    for name, one, how in grown_ways(trainer):
        start = time.perf_counter()
        init = first if how.pop("context", True) else bare
        show(name, one.fit(second_text, init=init, **how), options.data, first, start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="skipgram", choices=["skipgram", "cbow", "fasttext"])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for seed in options.seeds:
        print(f"{options.model}, {options.dim} dimensions, {options.epochs} epochs, seed {seed}\n")
        print("| | words | analogies | " + " | ".join(SETS) + " | stay |\n|---|---|---|---|---|---|---|")
        with tempfile.TemporaryDirectory() as folder:
            compared(options, seed, Path(folder))
        print()


if __name__ == "__main__":
    record(main)
