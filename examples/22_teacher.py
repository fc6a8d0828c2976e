"""Static vectors from a language model: distilled, pooled, learned from its texts, and tuned to them."""

from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import wordvec
from wordvec.interop import distill, from_contextual
from wordvec.texts import TextEncoder, tune

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
with open(SAMPLE, encoding="utf-8") as lines:
    sentences = [line.split() for line in islice(lines, 4000)]

# What stands in for a language model here: word vectors, each mixed with the mean of its sentence.
hidden = wordvec.SkipGram(vector_size=32, epochs=3, workers=1).fit(sentences)


def tokens(batch):
    """A vector for each token of each sentence."""
    rows = [np.array([hidden[word] if word in hidden else np.zeros(32) for word in words]) for words in batch]
    return [each + each.mean(axis=0) for each in rows]


def texts(batch):
    """A vector for each text."""
    return [rows.mean(axis=0) for rows in tokens([text.split() if isinstance(text, str) else text for text in batch])]


words = hidden.index_to_key
distilled = distill(lambda batch: texts([[word] for word in batch]), words, vector_size=16)
print("distilled:", [word for word, _ in distilled.most_similar("king", topn=3)])

pooled = from_contextual(tokens, words, sentences, n=20)
print("pooled over contexts:", [word for word, _ in pooled.most_similar("king", topn=3)])

with TemporaryDirectory() as folder:  # the teacher is asked once, and mapped from the file then
    learned = wordvec.X2Static(epochs=3).fit(sentences, teacher=texts, init=pooled, cache=Path(folder, "teacher.npy"))
print("X2Static:", [word for word, _ in learned.most_similar("king", topn=3)])

tuned = tune(distilled, sentences, teacher=texts)
print("tuned, loss:", [round(loss, 3) for loss in tuned.metadata["tuned"]["loss"]])
first, second = TextEncoder(tuned, norm="l2").encode([" ".join(sentences[0]), " ".join(sentences[1])])
print(f"cosine of two sentences: {first @ second:.2f}")
