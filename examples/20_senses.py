"""Words with several senses: two planted homonyms are found, told apart by their contexts, saved and loaded."""

import tempfile
from pathlib import Path

import numpy as np

import wordvec

TOPICS = {
    "river": [f"water{i}" for i in range(12)],
    "money": [f"cash{i}" for i in range(12)],
    "music": [f"song{i}" for i in range(12)],
}
HOMONYMS = {"bank": ("river", "money"), "note": ("money", "music")}


def sentences(count=1500, seed=0):
    """Sentences of ten words of one topic; a homonym stands in those of its two topics."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        topic = list(TOPICS)[i % len(TOPICS)]
        words = rng.choice(TOPICS[topic], 10).tolist()
        for homonym, topics in HOMONYMS.items():
            if topic in topics:
                words[int(rng.integers(len(words)))] = homonym
        yield words


def main():
    vectors = wordvec.AdaGram(vector_size=16, min_count=1, epochs=5, concentration=0.5, workers=1).fit(
        list(sentences())
    )
    for word in HOMONYMS:
        print(word, "has", len(vectors.senses(word)), "senses with the shares", vectors.shares(word).round(1))
    for key, near in vectors.sense_neighbours("bank", topn=3).items():
        print(f"near {key}:", " ".join(other for other, _ in near))

    with tempfile.TemporaryDirectory() as folder:
        vectors.save(Path(folder, "senses.safetensors"))
        loaded = wordvec.load(Path(folder, "senses.safetensors"))
        for context in (["water1", "water5"], ["cash2", "cash7"]):
            print("bank among", *context, "->", loaded.disambiguate("bank", context).round(2))


if __name__ == "__main__":
    main()
