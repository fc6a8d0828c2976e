"""Write vectors for other tools, read them back, and compare two models on what is planted in the sample."""

from pathlib import Path

import wordvec
from wordvec.evaluate import analogies, word_pairs

CORPORA = Path(__file__).parent.parent / "corpora"


def main():
    corpus = wordvec.encode_corpus(CORPORA / "sample.txt")  # read once, trained on twice
    for name, trainer in (("skipgram", wordvec.SkipGram), ("cbow", wordvec.CBOW)):
        trained = trainer(vector_size=50, epochs=8).fit(corpus)
        trained.save_word2vec_format(f"{name}.bin", binary=True)
        vectors = wordvec.load(f"{name}.bin")  # recognised by content

        pairs = word_pairs(vectors, CORPORA / "sample-pairs.tsv")
        questions = analogies(vectors, CORPORA / "sample-analogies.txt")
        print(f"{name}: Spearman {pairs.spearman:.2f} on {pairs.used} of {pairs.total} pairs,", end=" ")
        print(f"{questions.accuracy:.0%} of {questions.used} of {questions.total} analogies")
        for section in questions.sections:
            print(f"  {section.name:22} {section.accuracy:.0%}")


if __name__ == "__main__":
    main()
