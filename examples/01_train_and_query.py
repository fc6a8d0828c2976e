"""Train skip-gram on the sample corpus, ask for neighbours and an analogy, save and open again."""

from pathlib import Path

import wordvec

CORPORA = Path(__file__).parent.parent / "corpora"


def main():
    vectors = wordvec.train(CORPORA / "sample.txt", model="skipgram", vector_size=64, epochs=8)
    print(f"{len(vectors):,} words of {vectors.vector_size} dimensions")

    for word in ("guitar", "paris", "colder"):
        near = ", ".join(f"{other} {cosine:.2f}" for other, cosine in vectors.most_similar(word, topn=5))
        print(f"near {word}: {near}")

    (answer, _), *_ = vectors.most_similar(positive=["paris", "japan"], negative=["france"])
    print(f"france is to paris as japan is to {answer}")
    print("which one does not belong?", vectors.doesnt_match(["guitar", "violin", "piano", "bread"]))

    vectors.save("sample.safetensors")
    opened = wordvec.load("sample.safetensors")  # mapped, not read
    print("as saved:", bool((opened["guitar"] == vectors["guitar"]).all()))


if __name__ == "__main__":
    main()
