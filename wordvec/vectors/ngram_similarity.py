"""NGramSimilarity: the words that are spelled most like another, for the OOV policy "similar", as in Magnitude."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from wordvec.vocabulary import Vocabulary, encoded

NEIGHBOURS, LEAST, RANDOM = 3, 0.35, 0.3  # words, the least similarity of their spelling, weight of the random part
_BORDERS = np.frombuffer(b"<>", np.uint8)


class NGramSimilarity:
    """An index of the 3-grams of all words of a vocabulary, which finds the words spelled most like another word.

    A 3-gram is three bytes of `<word>` in UTF-8, ASCII letters in lower case. The similarity of two spellings is Dice's
    coefficient of their sets of 3-grams, 2 |A & B| / (|A| + |B|). The index takes about four bytes for each byte of the
    vocabulary.

    >>> similarity = NGramSimilarity(Vocabulary.from_words(["walking", "talking", "house", "walk"]))
    >>> [(index, round(score, 2)) for index, score in similarity.like("Walkking")]
    [(0, 0.8), (1, 0.53), (3, 0.5)]
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        grams, words = _grams_of_all(vocabulary)
        order = np.argsort((grams & 0xFFFF).astype(np.uint16), kind="stable")  # a radix sort in two steps
        order = order[np.argsort((grams[order] >> 16).astype(np.uint8), kind="stable")]
        grams, words = grams[order], words[order]
        first = np.ones(len(grams), bool)  # a 3-gram that a word has twice counts once
        first[1:] = (grams[1:] != grams[:-1]) | (words[1:] != words[:-1])
        grams, self._words = grams[first], words[first]
        self._grams, self._indptr = np.unique(grams, return_index=True)
        self._indptr = np.append(self._indptr, len(grams))
        self._sizes = np.bincount(self._words, minlength=len(vocabulary))

    def like(self, word: str, most: int = NEIGHBOURS, least: float = LEAST) -> list[tuple[int, float]]:
        """(index, similarity) of at most `most` words, the most similar first, equal ones by index."""
        if not len(self._grams):
            return []
        own = np.unique(_grams(_lower(np.frombuffer(b"<" + encoded(word) + b">", np.uint8))))
        places = np.searchsorted(self._grams, own)
        known = (places < len(self._grams)) & (self._grams[np.minimum(places, len(self._grams) - 1)] == own)
        if not known.any():
            return []
        ranges = [slice(*self._indptr[place : place + 2]) for place in places[known]]
        shared = np.bincount(np.concatenate([self._words[part] for part in ranges]))
        words = np.flatnonzero(shared)
        scores = 2 * shared[words] / (len(own) + self._sizes[words])
        words, scores = words[scores >= least], scores[scores >= least]
        order = np.lexsort((words, -scores))[:most]
        return list(zip(words[order].tolist(), scores[order].tolist()))


def random_direction(word: str, dim: int) -> NDArray[np.float64]:
    """[D] a unit vector that is a function of the word alone: the sum of vectors of its character 3- to 6-grams.

    The vector of an n-gram of `<word>` has dimensions that are uniform in [-1, 1): the output of SHAKE-128 for its
    UTF-8 bytes, as 32-bit integers. Words with common n-grams are therefore nearer to each other than others.
    """
    framed = f"<{word}>"
    grams = sorted({framed[i : i + n] for n in range(3, 7) for i in range(len(framed) - n + 1)} or {framed})
    total = np.zeros(dim)
    for gram in grams:
        digest = hashlib.shake_128(gram.encode("utf-8", "surrogatepass")).digest(4 * dim)
        total += np.frombuffer(digest, "<u4") * 2.0**-31 - 1
    return total / length(total)


def length(vector: NDArray[np.float64]) -> float:
    """The norm, rounded once, so that it is the same on every machine."""
    return math.sqrt(math.fsum(np.square(vector).tolist()))


def _lower(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where((data >= 65) & (data <= 90), data | np.uint8(32), data)


def _grams(data: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """All 3-grams of some bytes, as 24-bit numbers."""
    wide = data.astype(np.uint32)
    return (wide[:-2] << np.uint32(16)) | (wide[1:-1] << np.uint32(8)) | wide[2:]


def _grams_of_all(vocabulary: Vocabulary) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """The 3-grams of all words, in their order and with repetitions, and the index of the word of each."""
    vocabulary.check_offsets()
    data, sizes = vocabulary.data, np.diff(vocabulary.offsets)
    starts = vocabulary.offsets[:-1] + 2 * np.arange(len(sizes))
    framed = np.empty(len(data) + 2 * len(sizes), np.uint8)
    inner = np.ones(len(framed), bool)
    inner[starts] = inner[starts + sizes + 1] = False
    framed[starts], framed[starts + sizes + 1] = _BORDERS
    framed[inner] = _lower(data)
    words = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes + 2)
    grams = _grams(framed)
    whole = words[:-2] == words[2:]  # false where the 3-gram reaches into the next word
    return grams[whole], words[:-2][whole]
