"""CMOW and its hybrid with CBOW (Mai, Galke and Scherp 2019): words are matrices, texts their products."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt, log
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import cmow as kernel
from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.simd import instruction_set, simd_level
from wordvec.cooccurrence import Cooccurrence
from wordvec.corpus import EncodedCorpus
from wordvec.optim.descent import aligned_matrix, check_finite, descend_on, put
from wordvec.trainers.base import FitOptions, WordTrainer
from wordvec.trainers.word2vec import Word2Vec, counts_of, noise_table
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

FIXED = 1e38  # in place of a sum: the row does not move
FIRST = 1e-12  # start of the sums of mean squared gradients: small, so that the first step is as long as others


@dataclass(frozen=True, kw_only=True)
class Matrices(WordTrainer):
    """The base class of CMOW and the hybrid, which differ in how a row is divided."""

    window: int = option(5, "words of context on either side", low=1, high=31)
    epochs: int = with_default(Word2Vec, "epochs", 5)
    alpha: float = option(0.03, "learning rate at the start: the step of each weight", above=0)
    min_alpha: float = with_default(Word2Vec, "min_alpha", 1e-4)
    negative: int = with_default(Word2Vec, "negative", 5)
    ns_exponent: float = with_default(Word2Vec, "ns_exponent", 0.75)
    pool: int = option(12, "noise samples that the examples of a window share", low=1, high=64)
    optimizer: Literal["adagrad", "rmsprop"] = option(
        "adagrad",
        "adagrad: a rate for a vector or matrix, which falls with its use; rmsprop: a rate for each number, from the "
        "running mean of its squared gradient, as in Adam: give a smaller alpha, such as 0.001",
    )
    decay: float = option(0.999, "of the running mean of rmsprop at each step of a row", low=0, high=0.9999)
    init_std: float = option(
        0.1, "deviation of the random start around zero vectors and identity matrices", above=0, high=10
    )

    shares_rows: ClassVar[bool] = True

    @property
    def dim(self) -> int:
        """The number of rows of a word's matrix."""
        raise NotImplementedError

    def _fit(self, corpus: EncodedCorpus, options: FitOptions) -> KeyedVectors:
        corpus.check_pairs()
        input, output = self._start(corpus, options)
        words = corpus.vocabulary
        metadata, context = self.metadata(corpus), output if options.keep_context else None
        fixed = self._settings(words, options.frozen_words(words)) | {"input": input, "output": output}

        def vectors() -> KeyedVectors:  # a new object each time, since it caches norms
            return KeyedVectors(words, options.restore(input, words), metadata=metadata, context=context)

        metadata["loss"] = descend_on(
            corpus,
            kernel.train,
            fixed,
            self,
            ceiling=20 * (1 + self.negative) * log(2),
            vectors=vectors,
            callbacks=options.callbacks,
            progress=options.progress,
            state={name: value for name, value in fixed.items() if name.startswith(("input", "output"))},
            checkpoints=options.checkpoints,
        )
        check_finite(input, self.alpha)
        return vectors()

    def _check(self, options: FitOptions) -> None:
        super()._check(options)
        instruction_set()

    def metadata(self, corpus: EncodedCorpus | Cooccurrence) -> dict[str, Any]:
        """The metadata of the vectors; `matrices` says how a row is divided."""
        first = self.vector_size - self.dim**2
        return super().metadata(corpus) | {"matrices": {"first": first, "dim": self.dim}}

    def _settings(self, words: Vocabulary, frozen: NDArray[np.uint8] | None) -> dict[str, Any]:
        """The arguments of the kernel beside the corpus and the matrices."""
        is_running = self.optimizer == "rmsprop"
        sums = [np.full((len(words), 2), 1 if is_running else FIRST, np.float32) for _ in range(2)]
        if frozen is not None:
            sums[0][frozen != 0] = FIXED
        means = {}
        if is_running:
            means = {name: aligned_matrix(len(words), self.vector_size) for name in ("input_means", "output_means")}
        return means | {
            "decay": self.decay,
            "noise": noise_table(counts_of(words), self.ns_exponent),
            "input_sums": sums[0],
            "output_sums": sums[1],
            "vector": self.vector_size - self.dim**2,
            "dim": self.dim,
            "reach": self.window,
            "pool": self.pool,
            "noise_weight": self.negative / self.pool,
            "level": simd_level(),
        }

    def _start(self, corpus: EncodedCorpus, options: FitOptions) -> tuple[NDArray[Any], NDArray[Any]]:
        """Input rows: the vectors of `init`, else normal random numbers. Output rows: its context, else zeros."""
        rng, size = np.random.default_rng(self.seed), len(corpus.vocabulary)
        input, output = (aligned_matrix(size, self.vector_size) for _ in range(2))
        for start in range(0, size, 4096):  # in blocks, so that no second matrix is made
            part = input[start : start + 4096]
            part[:] = self.init_std * rng.standard_normal(part.shape, np.float32)
        options.place(input, corpus.vocabulary)
        if (init := options.init) is not None and init.context is not None:
            put(output, init.context, init.vocabulary.ids(corpus.vocabulary))
        return input, output


@dataclass(frozen=True, kw_only=True)
class CMOW(Matrices):
    """CMOW: words are matrices; the product of the context words, in order, predicts a word (Mai et al. 2019)."""

    vector_size: int = option(400, "size of a word's matrix, a square number: 400 is 20 x 20", low=1, high=65536)

    name: ClassVar[str] = "cmow"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dim**2 != self.vector_size:
            near = [self.dim**2, (self.dim + 1) ** 2]
            raise OptionError(f"vector_size must be a square number, such as {near}; got {self.vector_size}")

    @property
    def dim(self) -> int:
        """The number of rows of a word's matrix."""
        return isqrt(self.vector_size)


@dataclass(frozen=True, kw_only=True)
class HybridCBOWCMOW(Matrices):
    """CBOW-CMOW: a word is a vector, which is added, and a matrix, which is multiplied (Mai et al. 2019)."""

    vector_size: int = option(800, "size of vector and matrix together: 800 is 400 and 20 x 20", low=1, high=65536)

    name: ClassVar[str] = "cbow-cmow"

    @property
    def dim(self) -> int:
        """The number of rows of a word's matrix, which takes about half of vector_size."""
        return isqrt(self.vector_size // 2)
