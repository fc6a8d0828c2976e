"""One set of vectors made of several: words that only some of them have, and which source knew what."""

from pathlib import Path

import wordvec
from wordvec.align import compatible_update, meta
from wordvec.evaluate import word_pairs

CORPORA = Path(__file__).parent.parent / "corpora"


def main():
    corpus = wordvec.encode_corpus(CORPORA / "sample.txt")
    sources = {
        "skip-gram": wordvec.SkipGram(vector_size=50, epochs=8).fit(corpus),
        "PPMI-SVD": wordvec.PPMISVD(vector_size=60).fit(corpus),
    }
    sources["PPMI-SVD"] = sources["PPMI-SVD"].drop(["guitar", "violin"])
    for name, vectors in sources.items():
        print(f"{name:10} Spearman {word_pairs(vectors, CORPORA / 'sample-pairs.tsv').spearman:.3f}")
    for name in meta.METHODS:
        made = meta.combine(list(sources.values()), name, **({"dim": 60} if name in ("svd", "1ton") else {}))
        score = word_pairs(made, CORPORA / "sample-pairs.tsv")
        print(f"{name:10} Spearman {score.spearman:.3f} on {score.used} pairs, {made.vector_size} numbers")

    both = meta.average(list(sources.values()))
    known = meta.coverage(both)[both.get_index("guitar")]
    print("guitar is in", [name for name, there in zip(sources, known, strict=True) if there])
    print(both.most_similar("guitar", topn=4))

    again = wordvec.SkipGram(vector_size=50, epochs=8, seed=2).fit(corpus)
    old = sources["skip-gram"]
    updated, report = compatible_update(old, again)
    for name, vectors in {"trained again": again, "and turned": updated}.items():
        cosine = vectors.get_vector("guitar", norm=True) @ old.get_vector("guitar", norm=True)
        print(f"{name}: the cosine of guitar with the old one is {cosine:.2f}")
    print(f"median drift of {report.shared} words {report.median_drift:.3f}, most moved {report.moved[0][0]}")
    print(updated.most_similar([old["guitar"]], topn=2))


if __name__ == "__main__":
    main()
