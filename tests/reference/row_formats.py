"""What the tests of the formats of rows share: odd words, vectors of them, and a file of a format."""

import numpy as np

from wordvec import formats
from wordvec.vectors import KeyedVectors

WORD2VEC = ["word2vec-text", "word2vec-binary"]
ROWS = [*WORD2VEC, "glove"]  # files of a word and its numbers, row after row
WORDS = ["</s>", "the", "naïve", "\udcff\udce9", "日本", "\xa0", "\u2028", "\x85", "3", "-1.5", "x:y"]


def toy(words=WORDS, dim=7, seed=1):
    matrix = np.random.default_rng(seed).standard_normal((len(words), dim)).astype(np.float32)
    return KeyedVectors(words, matrix)


def same(a, b):
    return list(a) == list(b) and a.vectors.tobytes() == b.vectors.tobytes()


def file_of(name, vectors, folder):
    path = folder / f"x{formats.FORMATS[name].suffixes[0]}"
    formats.save(vectors, path)
    return path
