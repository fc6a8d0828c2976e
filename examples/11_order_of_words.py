"""Texts as vectors: sums, which know the words, and products of matrices, which know their order."""

import random

import wordvec
from wordvec.evaluate import bigram_shift, probe_texts
from wordvec.texts import TextEncoder


def sentences(count):
    """Little sentences in which the order of the words is what matters."""
    rng = random.Random(1)
    people, deeds, things = ["ann", "bob", "cid"], ["sees", "hears", "likes"], ["birds", "songs", "trees"]
    for _ in range(count):
        yield [rng.choice(people), rng.choice(deeds), rng.choice(things), "and", rng.choice(deeds), rng.choice(things)]


corpus = wordvec.encode_corpus(list(sentences(20_000)), min_count=1)
asked = wordvec.encode_corpus(list(sentences(4_000)), min_count=1)

for model, size in (("cbow", 50), ("cmow", 49), ("cbow-cmow", 50)):
    vectors = wordvec.train(corpus, model=model, vector_size=size, window=3)
    encoder = TextEncoder(vectors, "sum" if model == "cbow" else "auto", norm="l2")
    one, other = encoder.encode(["ann sees birds", "birds sees ann"])
    print(f"{model}: a text and the same words the other way round have cosine {one @ other:.2f}")
    try:
        found = probe_texts(encoder.encode, bigram_shift(asked, 2_000))
    except wordvec.LibraryError:  # scikit-learn is not there
        continue
    print(f"{model}: a probe tells swaps in {found.accuracy:.0%} of texts, by chance in {found.majority:.0%}")
