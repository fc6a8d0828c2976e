"""Bit-cipher (Zhao and Williams 2023, reconstructed): word codes of a few bits, averaged over context words."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.progress import progress_bar
from wordvec.base.threads import in_order, thread_pool
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.counter import counted
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.subsampling import keep_chances
from wordvec.optim.callbacks import Epoch, ends
from wordvec.trainers.base import FitOptions
from wordvec.trainers.cipher import Cipher, least_bits
from wordvec.trainers.context_sums import Doubles, Floats, Summing, Windows
from wordvec.trainers.counting import CountTrainer, kept_by
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

NUMBERS = 1 << 18  # elements of the matrix that are transformed in one block


@dataclass(frozen=True, kw_only=True)
class BitCipher(CountTrainer):
    """Bit-cipher: a word vector is the average code of the context words; codes of a few bits follow from ranks.

    Nothing is trained. After Zhao and Williams (2023), reconstructed from their abstract and an earlier program;
    `docs/bitcipher.md` tells their method from our additions.
    """

    window: int = with_default(Counting, "window", 10)
    mode: Literal["sum", "concat"] = option(
        "sum", "sum: add the codes of all words of a window; concat: one part of the vector for each offset"
    )
    noise: Literal["none", "f", "nf"] = option(
        "f",
        "share of a word's own code, the rest is background; none: 1, f: count / (count + 1), nf: 1 / number of words "
        "with the same count",
    )
    psi: bool = option(
        False, "let frequent context words fade with distance: weight (1 + cos(2 pi distance share)) / 2"
    )
    include_centre: bool = option(False, "also add the word's own code, at offset 0")
    transform: Literal["prob", "logprob", "neglog10", "logratio"] = option(
        "logratio",
        "prob: P(bit | word), logprob: its logarithm, neglog10: -log10, logratio: log P(bit | word) - log P(bit)",
    )
    smoothing: float = option(300.0, "pseudo-counts added to each word, distributed as the background", above=0)

    name: ClassVar[str] = "bitcipher"
    iterative: ClassVar[bool] = False
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vector_size % self.segments:
            below = self.vector_size // self.segments * self.segments
            nearest = f"{below} or {below + self.segments}" if below else f"{self.segments}"
            raise OptionError(
                f"vector_size must be a multiple of {self.segments}, the offsets of a window of {self.window}, in mode "
                f"concat; got {self.vector_size}; the nearest are {nearest}"
            )

    @property
    def reach(self) -> tuple[int, int]:
        """The number of context words to the left and to the right."""
        return self.window * (self.side != "right"), self.window * (self.side != "left")

    @property
    def segments(self) -> int:
        """The parts of a vector: 1 in mode sum, one for each offset in mode concat."""
        return 1 if self.mode == "sum" else sum(self.reach) + self.include_centre

    @property
    def bits(self) -> int:
        """The bits of a code: vector_size in mode sum, vector_size by the number of offsets in mode concat."""
        return self.vector_size // self.segments

    def metadata(self, corpus: EncodedCorpus | Cooccurrence) -> dict[str, Any]:
        """The metadata of the vectors."""
        return super().metadata(corpus) | {"bits": self.bits}

    def _check(self, options: FitOptions) -> None:
        super()._check(options)
        if options.checkpoints is not None and self.gaps == "close":
            raise OptionError(
                "checkpoint serves models that learn in steps, or from counts; bitcipher reads a text once and keeps "
                "nothing of it: leave it out, or use gaps='keep', which counts first"
            )
        if options.keep_context and self.mode == "concat":
            raise OptionError(
                "keep_context needs contexts of vector_size; mode concat has codes of vector_size / offsets"
            )

    def _fit(self, corpus: EncodedCorpus | Cooccurrence, options: FitOptions) -> KeyedVectors:
        if isinstance(corpus, Cooccurrence):
            return super()._fit(corpus, options)
        if self.gaps == "keep":
            per_offset = self.mode == "concat" or self.psi
            kept = kept_by(options.checkpoints)
            counts = counted(corpus, self, per_offset=per_offset, progress=options.progress, kept=kept)
            return self._embedded(counts, options)
        corpus.check_pairs()
        return self._embedded(corpus, options)

    def _factorise(self, counts: Cooccurrence, options: FitOptions) -> KeyedVectors:
        if counts.offsets is None and (self.mode == "concat" or self.psi):
            raise OptionError(
                f"mode concat and psi need to know how far apart words stand; got counts of whole windows, with "
                f"mode={self.mode!r}, psi={self.psi}; fit a corpus"
            )
        offsets = self.weights()[0]
        if counts.offsets is not None and not np.array_equal(counts.offsets, offsets):
            counted_offsets = f"{counts.offsets.min()} to {counts.offsets.max()}"
            raise OptionError(
                f"counts must be those of the offsets {offsets.min()} to {offsets.max()}; got {counted_offsets}: "
                "give the window and side that they were counted with"
            )
        return self._embedded(counts, options)

    def _embedded(self, corpus: EncodedCorpus | Cooccurrence, options: FitOptions) -> KeyedVectors:
        start = time.monotonic()
        frequency = frequencies(corpus.vocabulary)
        cipher = self._cipher(frequency)
        matrix = np.empty((len(cipher), self.vector_size), np.float32)
        parts = matrix.reshape(len(cipher), self.segments, self.bits)
        with thread_pool(self.threads) as pool, progress_bar(len(cipher), options.progress, "adding up codes") as bar:
            totals = self._sum(corpus, cipher, frequency, parts, pool, bar)
            self._transform(parts, totals, cipher.background, pool)
        context = cipher.encipher().astype(np.float32) if options.keep_context else None
        vectors = KeyedVectors(corpus.vocabulary, matrix, metadata=self.metadata(corpus), context=context)
        ends(options.callbacks, Epoch(1, 1, 0.0, 0.0, int(frequency.sum()), time.monotonic() - start, vectors))
        return vectors

    def _cipher(self, frequency: Doubles) -> Cipher:
        least = least_bits(len(frequency))
        if self.bits < least:
            several = self.mode == "concat"
            of = f", of {self.segments} offsets with {self.bits} bits each" if several else ""
            raise OptionError(
                f"{len(frequency):,} words need {least} bits or more, which is vector_size {least * self.segments}; "
                f"got vector_size {self.vector_size}{of}; give that, or leave words out (min_count, max_vocab)"
            )
        return Cipher(frequency, self.bits, self.noise)

    def _windows(self, frequency: Doubles, kept: Doubles | None) -> Windows:
        """The offsets of a window, and the weights of context words at them."""
        left, right = self.reach
        distance = np.arange(self.window)
        segments = np.zeros((2, self.window), np.int64)
        if self.mode == "concat":
            segments[0] = left - 1 - distance
            segments[1] = left + self.include_centre + distance
        offsets, weights, unit = self.weights()
        scales = np.empty(self.window)
        scales[np.abs(offsets) - 1] = weights / unit
        each = np.empty((0, 0)) if kept is None else kept[:, None]
        if self.psi:
            fading = fade(frequency / frequency.sum(), self.window)
            each = fading if kept is None else fading * each
        return Windows(left, right, segments, scales, np.ascontiguousarray(each))

    def _sum(
        self,
        corpus: EncodedCorpus | Cooccurrence,
        cipher: Cipher,
        frequency: Doubles,
        parts: Floats,
        pool: Executor,
        bar: Any,
    ) -> Doubles:
        """Fill parts [V, segments, bits] with the sums of the codes of context words; the totals over all words."""
        encoded = isinstance(corpus, EncodedCorpus)
        sample = self.sample if encoded else corpus.options.get("sample", 0.0)
        chances = keep_chances(frequency.astype(np.int64), sample) if sample else np.ones(len(frequency))
        kept = chances if encoded and sample and self.subsample == "expected" else None
        centre = self.reach[0] if self.mode == "concat" else 0

        def finish(rows: slice, sums: Doubles) -> tuple[int, Doubles]:
            codes, weight = sums[:, :, :-1], sums[:, :, -1:]
            if self.noise != "none":
                codes += np.maximum(weight - codes.sum(axis=2, keepdims=True), 0) * cipher.background
            if kept is not None:
                codes *= kept[rows, None, None]
            if self.include_centre:
                own = cipher.encipher(np.arange(rows.start, rows.stop))
                codes[:, centre] += (chances * frequency)[rows, None] * own
            parts[rows] = codes
            return len(codes), codes.sum(axis=0)

        summing = Summing(cipher, self._windows(frequency, kept), self.segments, finish, pool, self.threads)
        done = summing.of_corpus(corpus, self) if isinstance(corpus, EncodedCorpus) else summing.of_counts(corpus)
        totals = np.zeros((self.segments, self.bits))
        for rows, total in done:
            totals += total
            if bar is not None:
                bar.update(rows)
        return totals

    def _transform(self, parts: Floats, totals: Doubles, background: Doubles, pool: Executor) -> None:
        """Apply `transform` to the sums [V, segments, bits], in place."""
        start = self.smoothing * background
        usual = (totals + start) / (totals + start).sum(axis=1, keepdims=True)
        silent = totals == 0  # bits of no context word: their logratio is 0
        silent[:, len(parts) :] = True  # bits of no word: each of the most frequent words has one of its own
        step = max(1, NUMBERS // self.vector_size)

        def work(row: int) -> None:
            shares = parts[row : row + step] + start
            shares /= shares.sum(axis=2, keepdims=True)
            if self.transform == "logratio":
                shares = np.where(silent, 1, shares / usual)
            if self.transform == "neglog10":
                shares = -np.log10(shares)
            elif self.transform != "prob":
                shares = np.log(shares)
            parts[row : row + step] = shares

        for _ in in_order(pool, work, range(0, len(parts), step), 2 * self.threads):
            pass


def fade(shares: Doubles, window: int) -> Doubles:
    """[V, window] psi squared, the weight of a context word at each distance, given its share of the tokens.

    cos^2(pi k p) for the distance k and the share p; 1 for rare words.

    >>> fade(np.array([0.0, 0.25]), 2).tolist()
    [[1.0, 1.0], [0.5, 0.0]]
    """
    angles = 2 * np.pi * shares[:, None] * np.arange(1, window + 1)
    faded: Doubles = (1 + np.cos(angles)) / 2
    return faded


def frequencies(words: Vocabulary) -> Doubles:
    """The counts of the words; 1 for each where counts are unknown."""
    return np.ones(len(words)) if words.counts is None else np.asarray(words.counts, np.float64)
