"""Phrases: words that stand together are joined to one word, which gets a vector of its own."""

from pathlib import Path

import wordvec
from wordvec.phrases import ENGLISH_CONNECTOR_WORDS

SAMPLE = Path(__file__).parents[1] / "corpora" / "sample.txt"

# the sample has no names of several words, so that one is planted: "lady of medicine" in the place of "doctor"
sentences = [line.split() for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
text = [
    [part for word in line for part in (["lady", "of", "medicine"] if word == "doctor" else [word])]
    for line in sentences
]

phrases = wordvec.Phrases(text, min_count=5, threshold=100, connector_words=ENGLISH_CONNECTOR_WORDS)
for phrase, score in list(phrases.export_phrases().items())[:5]:
    print(f"{phrase:20} {score:8.1f}")

corpus = phrases.encode_corpus(text, min_count=5)
print(f"{corpus.stats.read:,} tokens, {corpus.stats.joined:,} more of them in phrases")

vectors = wordvec.SkipGram(vector_size=32, epochs=5, workers=1).fit(corpus)
if "lady_of_medicine" in vectors:
    print("near `lady of medicine`:", [word for word, _ in vectors.most_similar("lady of medicine", topn=5)])
