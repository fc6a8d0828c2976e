"""Two "languages" from one corpus: fit a map to some pairs, translate, evaluate; then learn the map without pairs."""

from pathlib import Path

import wordvec
from wordvec.align import Learning, fit_map, self_learn

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"


def main():
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    # the second language: every word has its letters turned round and an o at its end
    other = [[word[::-1] + "o" for word in line.split()] for line in lines]
    options = {"vector_size": 40, "epochs": 8, "min_count": 20}
    source = wordvec.SkipGram(seed=1, **options).fit([line.split() for line in lines])
    target = wordvec.SkipGram(seed=2, **options).fit(other)
    pairs = [(word, word[::-1] + "o") for word in source]
    train, test = pairs[::3], pairs[1::3]

    for method in ("orthogonal", "multistep"):
        found = fit_map(source, target, train, method)
        aligned = found.aligned(source, target)
        for retrieval in ("nn", "csls"):
            score = aligned.evaluate(test, method=retrieval)
            print(f"{method:11} {retrieval:5} P@1 {score.known.p1:.2f}  P@10 {score.known.p10:.2f}", end="  ")
            print(f"on {score.used} of {score.total} words")
        print("  guitar:", aligned.translate("guitar", topn=3))

    learned = self_learn(source, target, train[:60], options=Learning(patience=3))
    verdict = "took off" if learned.took_off else f"did not take off: {learned.reason}"
    print(f"from {learned.seed_pairs} pairs, {learned.iterations} iterations: {verdict}")
    score = learned.map.aligned(source, target).evaluate(test)
    print(f"P@1 {score.known.p1:.2f}; held-out words: CSLS {learned.evidence.csls:.2f}", end=", ")
    print(f"by chance {learned.evidence.baseline:.2f}")


if __name__ == "__main__":
    main()
