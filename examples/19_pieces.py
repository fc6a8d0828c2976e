"""Pieces of words: learned from a text, they are what vectors are of, so that no word is unknown."""

from pathlib import Path

import wordvec
from wordvec.texts import TextEncoder

SAMPLE = Path(__file__).parents[1] / "corpora" / "sample.txt"

lines = SAMPLE.read_text(encoding="utf-8").splitlines()
try:
    pieces = wordvec.corpus.Pieces.learn(lines, "bpe", size=600)
except wordvec.LibraryError as error:
    print(error)  # how to install what is missing
    raise SystemExit(0) from None
print("pieces of a word that the text has, and of one that it has not:", pieces("doctor"), pieces("doctorlings"))

vectors = wordvec.SkipGram(vector_size=32, epochs=3, workers=1).fit(SAMPLE, tokenizer=pieces)
print(len(vectors), "pieces have vectors; the longest are", sorted(vectors, key=len)[-5:])

one, other = TextEncoder(vectors, norm="l2").encode(["the doctor and the nurse", "the doctorlings and the nurses"])
print(f"the cosine of the two texts is {one @ other:.2f}")
