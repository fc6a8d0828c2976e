"""How many words each method translates rightly between two languages; a markdown table.

    python benchmarks/bli.py SOURCE TARGET --train FILE --test FILE [--only NAME...]

SOURCE and TARGET are vectors, such as `wordvec train` writes of two corpora; the files hold a word and a translation a
line. P@1 and P@10 are of the words that both sides know, which the first line counts.
"""

import argparse
import sys
import time
import warnings

import wordvec
from wordvec.align import Learning, fit_map, read_lexicon, refine, self_learn

METHODS = {
    "orthogonal, as it is": ("orthogonal", {"normalize": "none"}),
    "orthogonal, unit": ("orthogonal", {"normalize": "unit"}),
    "orthogonal": ("orthogonal", {}),
    "orthogonal, iter:5": ("orthogonal", {"normalize": "iter:5"}),
    "linear": ("linear", {}),
    "cca": ("cca", {}),
    "rcsls": ("rcsls", {}),
    "rcsls, spectral": ("rcsls", {"spectral": True}),
    "multistep": ("multistep", {}),
}
STARTS = ("pairs", "identical", "numerals", "unsupervised")


def ways(options, source, target, lexicon):
    """(name, a function that gives a map, or what was learned)."""
    for name, (method, how) in METHODS.items():
        yield (
            name,
            lambda method=method, how=how: fit_map(
                source, target, lexicon, method, limit=options.restrict_vocab, **how
            ),
        )
    start = fit_map(source, target, lexicon, limit=options.restrict_vocab)
    yield "orthogonal, refined", lambda: refine(source, target, start)
    rounds = Learning(vocabulary=options.vocabulary, patience=options.patience)
    for name in STARTS:
        yield (
            f"self-learning, {name}",
            lambda name=name: self_learn(
                source, target, lexicon if name == "pairs" else name, rounds=rounds, limit=options.restrict_vocab
            ),
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--restrict-vocab", type=int, default=200_000)
    parser.add_argument("--vocabulary", type=int, default=20_000, help="words of self-learning")
    parser.add_argument("--patience", type=int, default=50, help="rounds of self-learning without progress")
    options = parser.parse_args()
    source, target = wordvec.load(options.source), wordvec.load(options.target)
    lexicon, test = read_lexicon(options.train), read_lexicon(options.test)
    first = True
    for name, make in ways(options, source, target, lexicon):
        if options.only and name not in options.only:
            continue
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = make()
        seconds = time.perf_counter() - started
        learned = hasattr(made, "took_off")
        aligned = (made.map if learned else made).aligned(source, target, restrict_vocab=options.restrict_vocab)
        near, csls = (aligned.evaluate(test, method=method) for method in ("nn", "csls"))
        if first:
            print(f"{near.used} of {near.total} test words are known to both sides; {len(lexicon)} pairs to train on\n")
            print("| method | P@1, NN | P@10, NN | P@1, CSLS | P@10, CSLS | MRR, CSLS | s to fit |")
            print("|---|---|---|---|---|---|---|")
            first = False
        cells = [near.known.p1, near.known.p10, csls.known.p1, csls.known.p10, csls.known.mrr]
        figures = " | ".join(f"{100 * cell:.1f}" for cell in cells)
        note = "" if not learned or made.took_off else " (says that it did not take off)"
        print(f"| {name}{note} | {figures} | {seconds:.1f} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
