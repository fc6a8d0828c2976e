"""Skip-gram with n-grams, from a text file to saved vectors, against fastText's C++: whole processes in turn.

    python benchmarks/fasttext_vs_cpp.py CORPUS --peer PYTHON [--fasttext PROGRAM] [--pairs 3] [--model skipgram]
        [--size 100] [--window 5] [--epochs 2] [--negative 5] [--bucket 2000000] [--workers 2] [--quality SCRIPT DATA]
        [--log FILE]

CORPUS     a plain text file, one sentence a line
--peer     a Python that has fasttext-wheel
--fasttext meet this program in its place, fastText built with -O3 -march=native; it writes a text file too
--pairs    how often each side runs; who goes first changes from pair to pair
--quality  a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
           {test: [score, ...]}; it sees the very vectors of the timed runs

Both sides: n-grams of 3 to 6 characters, learning rate .05, subsampling at 1e-4, words that occur 5 times, and the
binary file of either. fastText draws noise words by the root of their counts, we by the power .75: its source has no
option for it. Its seed is fixed; ours is 1, 2, ... Memory is the most that a process held, mapped files included.
Printed are medians with the smallest and largest, and the mean of each score.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from common import logged, pairs, quality, run, spread
from recording import headline, record

PEAK = """
import resource
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
"""
OURS = (
    PEAK
    + """
import json, sys
import wordvec
corpus, out, seed, how = sys.argv[1:]
how = json.loads(how)
trainer = wordvec.FastText(sg=how["model"] == "skipgram", vector_size=how["size"], window=how["window"], alpha=0.05,
                           epochs=how["epochs"], negative=how["negative"], bucket=how["bucket"], sample=1e-4,
                           workers=how["workers"], seed=int(seed))
vectors = trainer.fit(corpus)
vectors.save(out)
print(json.dumps({"words": len(vectors), "ngrams": len(vectors.subwords.table), "peak": peak()}))
"""
)
THEIRS = (
    PEAK
    + """
import json, sys
import fasttext
corpus, out, seed, how = sys.argv[1:]
how = json.loads(how)
model = fasttext.train_unsupervised(corpus, model=how["model"], dim=how["size"], ws=how["window"], lr=0.05,
                                    epoch=how["epochs"], neg=how["negative"], bucket=how["bucket"], t=1e-4,
                                    thread=how["workers"], minn=3, maxn=6, verbose=0)
model.save_model(out)
print(json.dumps({"words": len(model.words), "peak": peak()}))
"""
)
PROGRAM = (
    "{model} -input {corpus} -output {prefix} -dim {size} -ws {window} -lr 0.05 -epoch {epochs} -neg {negative}"
    " -bucket {bucket} -t 1e-4 -thread {workers} -minn 3 -maxn 6 -verbose 0"
)
AS_NPY = """
import sys, numpy, fasttext
model = fasttext.load_model(sys.argv[1])
words = [word for word in model.words if word != "</s>"]
numpy.save(sys.argv[2] + ".npy", numpy.array([model.get_word_vector(word) for word in words]))
open(sys.argv[2] + ".vocab", "w").write("".join(word + "\\n" for word in words))
print("{}")
"""


def program(arguments: argparse.Namespace, out: str) -> dict[str, Any]:
    """One run of fastText's own program."""
    options = PROGRAM.format(**vars(arguments), prefix=out.removesuffix(".bin")).split()
    started = time.perf_counter()
    process = subprocess.Popen([arguments.fasttext, *options], stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments.fasttext} {' '.join(options)} must succeed; it ended with status {status}")
    return {"peak": used.ru_maxrss / 1e6, "whole": time.perf_counter() - started}


def one(arguments: argparse.Namespace, seed: int, ours: bool) -> dict[str, Any]:
    """One run of either side."""
    names = ("model", "size", "window", "epochs", "negative", "bucket", "workers")
    how = json.dumps({name: getattr(arguments, name) for name in names})
    python, code = (sys.executable, OURS) if ours else (arguments.peer, THEIRS)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "vectors.safetensors" if ours else "vectors.bin")
        if arguments.fasttext and not ours:
            result = program(arguments, out)
        else:
            result = run(python, code, arguments.corpus, out, seed, how)
        result["megabytes"] = os.path.getsize(out) / 1e6
        if arguments.quality:
            options = {} if ours else {"python": python, "as_npy": AS_NPY}
            result["quality"] = quality(out, *arguments.quality, **options)
    return result


def table(results: list[tuple[Any, Any]]) -> str:
    """Times, their ratio, memory and the mean scores."""
    ratio = spread([their["whole"] / our["whole"] for our, their in results])
    lines = [f"| {results[0][0]['words']:,} words | wordvec | fastText | ratio |", "|---|---|---|---|"]
    whole = [spread([run["whole"] for run in side]) for side in zip(*results, strict=True)]
    lines.append(f"| text to saved vectors, s | {whole[0]} | {whole[1]} | **{ratio}** |")
    for name, what in (("peak", "most memory, GB"), ("megabytes", "file, MB")):
        values = [statistics.median(run[name] for run in side) for side in zip(*results, strict=True)]
        lines.append(f"| {what} | {values[0]:.3g} | {values[1]:.3g} | |")
    for test in (test for test in results[0][0].get("quality", {}) if test.startswith(("EN-", "analogy"))):
        score = [statistics.mean(run["quality"][test] for run in side) for side in zip(*results, strict=True)]
        lines.append(f"| {test} | {score[0]:.3f} | {score[1]:.3f} | |")
    return "\n".join(lines)


def main() -> None:
    """Run the pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--peer", required=True)
    parser.add_argument("--fasttext", metavar="PROGRAM")
    parser.add_argument("--model", choices=["skipgram", "cbow"], default="skipgram")
    options = {"pairs": 3, "size": 100, "window": 5, "epochs": 2, "negative": 5, "bucket": 2_000_000, "workers": 2}
    for name, default in options.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    parser.add_argument("--log")
    arguments = parser.parse_args()
    both = pairs(
        arguments.pairs, lambda i: one(arguments, i + 1, ours=True), lambda i: one(arguments, i + 1, ours=False)
    )
    results = logged(both, arguments.log)
    print(table(results))
    times = ([one["whole"] for one in side] for side in zip(*results, strict=True))
    peer = "fastText -march=native" if arguments.fasttext else "fasttext-wheel"
    headline(f"{arguments.model} with n-grams, {arguments.size}, {arguments.epochs} epochs", peer, *times)


if __name__ == "__main__":
    record(main)
