"""Why RCSLS is not above Procrustes: both on the pairs that they were fitted to and on others, by dimensions and pairs.

    python benchmarks/rcsls.py SOURCE TARGET --train FILE --test FILE [--dims 50 100 300] [--pairs 1000 5000]
        [--epochs 2 10] [--words 20000] [--restrict-vocab 50000]

SOURCE and TARGET are vectors of two languages, the files hold a word and a translation a line. Fewer dimensions are the
principal ones of each side, fewer pairs the first of the file. Figures are P@1 by CSLS, in per cent, of words that both
sides know. RCSLS looks for neighbours among --words words of each side.
"""

import argparse
import time

from common import row, table
from recording import record

import wordvec
from wordvec.align import fit_map, read_lexicon


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", nargs=2)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--dims", nargs="+", type=int, default=[50, 100, 300])
    parser.add_argument("--pairs", nargs="+", type=int, default=[1000, 5000])
    parser.add_argument("--epochs", nargs="+", type=int, default=[2, 10])
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--restrict-vocab", type=int, default=50_000)
    options = parser.parse_args()
    sides = [wordvec.load(path).rotate_pca() for path in options.vectors]
    lexicon, test = read_lexicon(options.train).pairs, read_lexicon(options.test)
    ways = {"orthogonal": ("orthogonal", {}), "linear": ("linear", {})}
    for epochs in options.epochs:
        ways[f"rcsls, {epochs} steps"] = "rcsls", {"epochs": epochs, "neighbours": options.words}
        ways[f"rcsls, {epochs} steps, spectral"] = (
            "rcsls",
            {"epochs": epochs, "neighbours": options.words, "spectral": True},
        )
    table("dimensions", "pairs", "method", "P@1 of pairs of the fit", "P@1 of others", "loss, start", "end", "s")
    for dim in options.dims:
        source, target = (side.truncate(dim) for side in sides)
        for count in options.pairs:
            for name, (method, how) in ways.items():
                started = time.process_time()
                fitted = fit_map(source, target, lexicon[:count], method, limit=options.restrict_vocab, **how)
                seconds, losses = time.process_time() - started, fitted.facts.get("loss", ["-"])
                aligned = fitted.aligned(source, target, restrict_vocab=options.restrict_vocab)
                found = [100 * aligned.evaluate(part, method="csls").known.p1 for part in (lexicon[:1000], test)]
                ends = [losses[0], losses[-1]]
                row(dim, count, name, *(f"{value:.1f}" for value in found), *ends, f"{seconds:.0f}")


if __name__ == "__main__":
    record(main)
