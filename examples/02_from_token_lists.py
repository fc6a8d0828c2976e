"""Train on token lists of your own, watch the loss, and stop when it no longer falls."""

from pathlib import Path

import wordvec

CORPORA = Path(__file__).parent.parent / "corpora"


class Sentences:
    """Anything that can be iterated again gives its sentences as lists of words."""

    def __iter__(self):
        with open(CORPORA / "sample.txt", encoding="utf-8") as file:
            for line in file:
                yield [word for word in line.split() if len(word) > 1]


def main():
    corpus = wordvec.encode_corpus(Sentences(), min_count=5)
    stats = corpus.stats
    print(f"{stats.read:,} tokens read, {stats.kept:,} kept, {stats.too_rare:,} too rare")

    losses = []

    def stop_when_flat(epoch):
        losses.append(epoch.loss)
        print(f"epoch {len(losses)}: loss {epoch.loss:.4f}")
        return len(losses) > 1 and losses[-2] - losses[-1] < 0.01

    vectors = wordvec.CBOW(vector_size=50, epochs=20).fit(corpus, callbacks=[stop_when_flat])
    print("near loud:", [word for word, _ in vectors.most_similar("loud", topn=4)])


if __name__ == "__main__":
    main()
