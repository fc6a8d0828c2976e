"""Bit-cipher (Zhao and Williams 2023, reconstructed): codes of a few bits for words, averaged over the words around."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.cipher import Cipher, least_bits
from wordvec.cooccurrence import Cooccurrence
from wordvec.cooccurrence.count import counted
from wordvec.corpus import EncodedCorpus
from wordvec.errors import CorpusError, OptionError
from wordvec.keyed_vectors import KeyedVectors
from wordvec.options import option
from wordvec.threads import crew, in_order
from wordvec.trainers.counting import CountTrainer
from wordvec.trainers.enciphering import Doubles, Longs, Summing, Windows
from wordvec.trainers.sgd import Callback, Epoch

NUMBERS = 1 << 18  # of the matrix that are transformed at a time


@dataclass(frozen=True, kw_only=True)
class BitCipher(CountTrainer):
    """Each word is the average of the codes of the words around it, codes of a few bits by rank: no learning at all.

    Zhao and Williams (2023) as far as their abstract and an earlier program tell it; `docs/bitcipher.md` says what is
    theirs and what is ours.
    """

    mode: Literal["sum", "concat"] = option(
        "sum", "sum: the codes of all words of a window together; concat: one part of the vector for each offset"
    )
    noise: Literal["none", "f", "nf"] = option(
        "f",
        "share of its code that a word keeps, the rest being background: none: all, f: count / (count + 1), nf: one "
        "over the number of words with the same count",
    )
    psi: bool = option(False, "let frequent words of context fade with distance: (1 + cos(2 pi distance share)) / 2")
    include_centre: bool = option(False, "add the word's own code as well, at offset 0")
    transform: Literal["prob", "logprob", "neglog10", "logratio"] = option(
        "logratio",
        "prob: P(bit | word), logprob: its logarithm, neglog10: -log10, logratio: log P(bit | word) - log P(bit)",
    )
    smoothing: float = option(1.0, "contexts that a word is given besides, spread as the background", above=0)

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
        """How many words to the left and to the right are looked at."""
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
        """What the vectors remember of their making."""
        return super().metadata(corpus) | {"bits": self.bits}

    def _check(self, init: KeyedVectors | None, keep_context: bool) -> None:
        super()._check(init, keep_context)
        if init is not None:
            raise OptionError("init serves models that learn in steps; a bit-cipher is computed: leave it out")
        if keep_context and self.mode == "concat":
            raise OptionError("keep_context needs contexts of vector_size; mode concat has codes of vector_size / offsets")

    def _fit(
        self,
        corpus: EncodedCorpus | Cooccurrence,
        *,
        init: KeyedVectors | None,
        keep_context: bool,
        callbacks: Iterable[Callback],
        progress: bool,
    ) -> KeyedVectors:
        if isinstance(corpus, Cooccurrence):
            return self._factorise(
                corpus, init=init, keep_context=keep_context, callbacks=callbacks, progress=progress
            )
        if corpus.check() < 2:
            raise CorpusError(
                f"a sentence must have two words to learn from; each of the {len(corpus)} sentences has one left; give "
                "longer sentences or a lower min_count"
            )
        raise NotImplementedError

