"""Phrases counted and joined by wordvec and gensim, on one worker, from the same file: processor time, and agreement.

    python benchmarks/phrases_vs_gensim.py CORPUS [--peer-python PYTHON_WITH_GENSIM] [--rounds 3]

Each run is a process of its own; the tools take turns in alternating order. `find` is from the file to the phrases,
reading included; `join` from the file, read again by gensim, to all sentences with phrases joined. Seconds of processor
time, which other work on the machine changes little. The phrases and scores of both are compared.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common import pairs, run, spread
from recording import record

OURS = """
import hashlib, json, os, sys
from wordvec import Phrases, encode_corpus
def cpu(): return sum(os.times()[:2])
start = cpu()
corpus = encode_corpus(sys.argv[1], min_count=1, workers=1)
phrases = Phrases(corpus, workers=1)
found = phrases.export_phrases()
find = cpu() - start
start = cpu()
joined = phrases.encode_corpus(corpus, min_count=1, workers=1)
names = hashlib.sha256("\\n".join(sorted(f"{p} {s:.9g}" for p, s in found.items())).encode()).hexdigest()
print(json.dumps({"find": find, "join": cpu() - start, "tokens": corpus.stats.read, "phrases": len(found),
                  "same": names, "joined": joined.stats.read}))
"""
THEIRS = """
import hashlib, json, os, sys
from gensim.models.phrases import Phrases
from gensim.models.word2vec import LineSentence
def cpu(): return sum(os.times()[:2])
start = cpu()
lines = LineSentence(sys.argv[1], max_sentence_length=10**9)
phrases = Phrases(lines)
found = phrases.export_phrases()
find = cpu() - start
frozen = phrases.freeze()
start = cpu()
joined = sum(map(len, frozen[lines]))
join = cpu() - start
names = hashlib.sha256("\\n".join(sorted(f"{p} {s:.9g}" for p, s in found.items())).encode()).hexdigest()
print(json.dumps({"find": find, "join": join, "tokens": phrases.corpus_word_count, "phrases": len(found),
                  "same": names, "joined": joined}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--peer-python", default=sys.executable, help="the Python that has gensim")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    def ours(_: int) -> dict[str, float]:
        return run(sys.executable, OURS, arguments.corpus)

    def theirs(_: int) -> dict[str, float]:
        return run(arguments.peer_python, THEIRS, arguments.corpus)

    both = list(pairs(arguments.rounds, ours, theirs))
    mine, other = both[0]
    agree = "the same" if mine["same"] == other["same"] and mine["joined"] == other["joined"] else "DIFFERENT"
    print(f"{mine['tokens']:,} tokens, {mine['phrases']:,} phrases; phrases, scores and joined text are {agree}\n")
    print("| work | wordvec, s | gensim, s | ratio |\n|---|---|---|---|")
    for name in ("find", "join"):
        own, peer = [a[name] for a, _ in both], [b[name] for _, b in both]
        ratios = [b[name] / a[name] for a, b in both]
        print(f"| {name} | {spread(own)} | {spread(peer)} | {spread(ratios)} |")


if __name__ == "__main__":
    record(main)
