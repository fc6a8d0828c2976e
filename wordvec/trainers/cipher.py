"""Codes of a few bits for words by rank, after Zhao and Williams (2023): encoding, noise and decoding."""

from __future__ import annotations

from math import comb
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import numbers
from wordvec.base.errors import OptionError

Noise = Literal["none", "f", "nf"]
Doubles = NDArray[np.float64]

MOST_BITS = 65_000  # bit numbers must fit into 16 bits
_BLOCK = 1 << 22  # sums that decoding holds in one block


class Cipher:
    """A code of `bits` bits for each word, and a distribution over the bits that represents it.

    The most frequent words have codes of one bit, the next ones of two, and so on; no two words have the same code. A
    word whose code has k bits is represented by v, 1/k on each of them, mixed with a background p by `noise`:
    beta v + (1 - beta) p. The background is proportional to 1 - q, with q the share of the tokens on each bit; beta is
    1 ("none"), count / (count + 1) ("f"), or one over the number of words with the same count ("nf", which is near 0
    for rare words).

    `counts` must not rise; `bits` is at least, and by default, `least_bits(len(counts))`.

    >>> cipher = Cipher([8, 6, 4, 2, 1], bits=3, noise="none")
    >>> [cipher.code(row).tolist() for row in range(5)]
    [[0], [1], [2], [1, 2], [0, 2]]
    >>> cipher.encipher([3, 4]).tolist()
    [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5]]
    >>> cipher.decipher(cipher.encipher()).tolist()
    [0, 1, 2, 3, 4]
    """

    bits: int
    noise: Noise
    offsets: NDArray[np.int64]  # [V+1] the code of word i is places[offsets[i]:offsets[i+1]]
    places: NDArray[np.uint16]  # bits of all codes, rising in each
    beta: Doubles  # [V] the share of the word's own code; the rest is the background
    background: Doubles  # [bits] of sum 1

    def __init__(self, counts: ArrayLike, bits: int | None = None, noise: Noise = "f") -> None:
        frequency = numbers(counts, "counts")
        if frequency.ndim != 1 or not len(frequency) or bool((np.diff(frequency) > 0).any()) or not frequency[-1] >= 0:
            raise OptionError("counts must be those of one word or more, from the most frequent one down")
        if noise not in get_args(Noise):
            raise OptionError(f"noise must be one of {', '.join(get_args(Noise))}; got {noise!r}")
        least = least_bits(len(frequency))
        self.bits, self.noise = least if bits is None else bits, noise
        if not least <= self.bits <= MOST_BITS:
            raise OptionError(f"bits must be from {least} for {len(frequency):,} words to {MOST_BITS:,}; got {bits!r}")
        levels = _levels(len(frequency), self.bits)
        sizes = np.repeat([level.shape[1] for level in levels], [len(level) for level in levels])
        self.offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        self.places = np.concatenate([level.ravel() for level in levels])
        self.beta = _beta(frequency, noise)
        used = np.bincount(self.places, np.repeat(frequency / sizes, sizes), minlength=self.bits)
        left = used.sum() - used if self.bits > 1 else np.ones(1)  # in proportion to 1 - q
        self.background = left / left.sum() if left.any() else np.full(self.bits, 1 / self.bits)

    def __len__(self) -> int:
        """The number of words."""
        return len(self.beta)

    def __repr__(self) -> str:
        return f"<Cipher: {len(self)} words in {self.bits} bits, noise {self.noise}>"

    def code(self, row: int) -> NDArray[np.uint16]:
        """The bits of a word's code, rising."""
        return self.places[self.offsets[row] : self.offsets[row + 1]]

    def encipher(self, rows: ArrayLike | None = None, *, clean: bool = False) -> Doubles:
        """The distributions of some or all words, float64 [words, bits], each of sum 1; `clean`: without noise."""
        chosen = np.arange(len(self)) if rows is None else np.asarray(rows, np.int64).reshape(-1)
        sizes = self.offsets[chosen + 1] - self.offsets[chosen]
        beta = np.ones(len(chosen)) if clean else self.beta[chosen]
        result = (1 - beta)[:, None] * self.background
        lines = np.repeat(np.arange(len(chosen)), sizes)
        within = np.arange(len(lines)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        result[lines, self.places[self.offsets[chosen][lines] + within]] += (beta / sizes)[lines]
        return result

    def decipher(self, distributions: ArrayLike) -> NDArray[np.int64]:
        """The word of each row of [n, bits]: the one whose bits have the largest sum, the most frequent of equal ones.

        Exact for distributions without noise: a code that contains all bits of another one is longer.
        """
        from scipy.sparse import csr_array

        rows = np.atleast_2d(np.asarray(distributions, np.float64))
        if rows.shape[1] != self.bits:
            raise OptionError(f"distributions must be rows of {self.bits} bits; got shape {rows.shape}")
        ones = np.ones(len(self.places))
        codes = csr_array((ones, self.places.astype(np.int32), self.offsets), shape=(len(self), self.bits))
        words = np.empty(len(rows), np.int64)
        step = max(1, _BLOCK // len(self))
        for start in range(0, len(rows), step):
            words[start : start + step] = (codes @ rows[start : start + step].T).argmax(axis=0)
        return words


def least_bits(words: int) -> int:
    """The smallest number of bits that gives every word a code: floor(log2 words) + 1.

    >>> least_bits(1), least_bits(3), least_bits(4), least_bits(71_290)
    (1, 2, 3, 17)
    """
    return words.bit_length()


def _levels(words: int, bits: int) -> list[NDArray[np.uint16]]:
    """The codes of one bit, of two, ... as rows [codes, k] of rising bits, up to the number of words.

    Codes of k bits are made of those of k - 1, taken from last to first, by adding the bit b - 1 to all that lie below
    it, then the bit b - 2, and so on: for one bit these are the last i in that order, for more the first C(i, k - 1).
    """
    levels = [np.arange(min(bits, words), dtype=np.uint16)[:, None]]
    left = words - len(levels[0])
    while left:
        last = levels[-1][::-1]
        size = last.shape[1] + 1
        parts: list[NDArray[np.uint16]] = []
        for bit in range(bits - 1, size - 2, -1):
            below = last[len(last) - bit :] if size == 2 else last[: comb(bit, size - 1)]
            below = below[:left]
            parts.append(np.column_stack([below, np.full(len(below), bit, np.uint16)]))
            left -= len(below)
            if not left:
                break
        levels.append(np.concatenate(parts))
    return levels


def _beta(counts: Doubles, noise: Noise) -> Doubles:
    """[V] the share of its own code for each word."""
    if noise == "none":
        return np.ones(len(counts))
    if noise == "f":
        return counts / (counts + 1)
    _, place, types = np.unique(counts, return_inverse=True, return_counts=True)
    return 1 / types[place].astype(np.float64)
