"""Planted homonyms: which of them `senses_of` finds, and into how many senses it cuts words that were not planted.

    python benchmarks/word_senses.py CORPUS --homonyms piano+reactor,goalkeeper+molecule [--gains 0.05 0.1 0.2]

The words of a pair become one word of the corpus, skip-gram learns one vector of it, and its senses
are found afterwards. Times are processor seconds of `senses_of`.
"""

import argparse
import time

import numpy as np

import wordvec


def main() -> None:
    """Plant, train, find senses, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--homonyms", required=True)
    parser.add_argument("--gains", type=float, nargs="+", default=[0.05, 0.1, 0.2])
    parser.add_argument("--others", type=int, default=300, help="words that are looked at beside")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    both = [tuple(pair.split("+")) for pair in arguments.homonyms.split(",")]
    names = {word: "_".join(pair) for pair in both for word in pair}
    with open(arguments.corpus, encoding="utf-8") as file:
        lines = [[names.get(word, word) for word in line.split()] for line in file]
    corpus = wordvec.encode_corpus(lines, min_count=5)
    vectors = wordvec.SkipGram(vector_size=100, epochs=1, seed=arguments.seed, workers=1).fit(corpus)
    homonyms = ["_".join(pair) for pair in both]
    often = [word for word in vectors if 300 <= vectors.get_vecattr(word, "count") <= 5000 and word not in homonyms]
    others = np.random.default_rng(0).choice(often, arguments.others, replace=False).tolist()
    print(f"{len(corpus.ids):,} tokens, {len(homonyms)} planted homonyms, {len(others)} other words\n")
    print("| min_gain | homonyms with two senses above 0.2 | other words with several senses | processor seconds |")
    print("|---|---|---|---|")
    for gain in arguments.gains:
        start = time.process_time()
        found = wordvec.senses_of(vectors, corpus, [*homonyms, *others], min_gain=gain, seed=arguments.seed)
        spent = time.process_time() - start
        planted = sum(int((found.shares(word) > 0.2).sum() >= 2) for word in homonyms)
        split = sum(len(found.senses(word)) > 1 for word in others)
        print(f"| {gain} | {planted} | {split} | {spent:.1f} |", flush=True)


if __name__ == "__main__":
    main()
