"""Slices of time in one space: two words of the second slice have changed places, and the vectors tell which."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import wordvec
from wordvec.align import Slices, align_slices, train_compass

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
SWAP = {"guitar": "bread", "bread": "guitar", "violin": "senate"}  # the violin comes to mean what the senate means


def main():
    lines = [line.split() for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    slices = {
        "1970s": lines[::2],
        "2020s": [[SWAP.get(word, word) for word in line] for line in lines[1::2]],
    }
    made = train_compass(slices, vector_size=50, epochs=5, slice_epochs=8, min_count=30)
    print(made, [f"{found.first} and {found.second} share {found.share:.0%}" for found in made.overlaps])
    print("output rows of the compass, proved unchanged:", made["1970s"].metadata["compass"]["outputs"])

    for word in ("guitar", "bread", "piano"):
        print(
            f"what {word} was, is now:", [other for other, _ in made.temporal_analogy(word, "1970s", "2020s", topn=3)]
        )
        print("   drift", [f"{drift:.2f}" for _, _, drift in made.drift_of(word)])
    for name, near in made.neighbours("guitar", topn=4).items():
        print(f"guitar in the {name}:", ", ".join(other for other, _ in near))

    with TemporaryDirectory() as folder:
        made.save(f"{folder}/slices")
        made = Slices.load(f"{folder}/slices", mmap=False)  # as the folder goes
    tested = made.drift_test("1970s", "2020s", slices, words=["guitar", "bread", "piano"])
    for one in tested:
        print(f"{one.word}: contexts differ with p = {one.p:.4f}, q = {one.q:.4f}")

    static = [(word, word) for word in made["1970s"].index_to_key[:500] if word not in SWAP]
    for name, scores in made.evaluate([*static, ("guitar", "bread"), ("bread", "guitar")], "1970s", "2020s").items():
        print(f"{name:8} {scores.used} questions, mean reciprocal rank {scores.mrr:.2f}, P@1 {scores.p1:.2f}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = wordvec.SkipGram(vector_size=50, epochs=8, min_count=15)
        turned = align_slices({name: trainer.fit(corpus) for name, corpus in slices.items()})
    score = turned.evaluate(static, "1970s", "2020s")["all"]
    print(f"trained apart and turned: mean reciprocal rank {score.mrr:.2f}")


if __name__ == "__main__":
    main()
