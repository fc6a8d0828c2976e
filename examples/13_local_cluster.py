"""A cluster on a laptop: the replicas of a training in processes of their own, and the same vectors as without it."""

import numpy as np

import wordvec


def sentences(count):
    """Little sentences of two topics."""
    rng = np.random.default_rng(1)
    for topic in rng.integers(0, 2, count):
        words = (["sun", "moon", "star", "sky", "light"], ["cat", "dog", "cow", "owl", "fox"])[topic]
        yield [words[i] for i in rng.integers(0, 5, 6)]


def main():
    corpus = wordvec.encode_corpus(list(sentences(20_000)), min_count=1)
    trainer = wordvec.SkipGram(vector_size=20, epochs=2, sample=0, replicas=4)
    alone = trainer.fit(corpus)
    print("without a cluster:", alone.most_similar("moon", topn=2))
    try:
        spread = wordvec.distributed.fit(trainer, corpus, client="local:2")
    except wordvec.LibraryError as error:
        print(error)
        return
    print("on two processes: ", spread.most_similar("moon", topn=2))
    print("the same numbers: ", np.array_equal(alone.vectors, spread.vectors))


if __name__ == "__main__":
    main()
