"""Words with several senses: AdaGram (Bartunov et al. 2016), MSSG (Neelakantan et al. 2014), Disambiguated (2018)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import senses as kernel
from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.simd import instruction_set, simd_level
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.subsampling import keep_thresholds
from wordvec.optim.callbacks import Callback, listed
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.optim.descent import aligned_matrix, check_finite, descend_on
from wordvec.trainers.base import FitOptions, TextTrainer, finished
from wordvec.trainers.word2vec import PredictiveTrainer, counts_of, noise_table
from wordvec.vectors.senses import Rule, SenseVectors
from wordvec.vocabulary.huffman import huffman

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
POOL = 10  # noise samples that the words of a window share: with them two blocks of eight rows


@dataclass(frozen=True, kw_only=True)
class SenseTrainer(TextTrainer):
    """The base class of skip-gram models of words with several senses: options, matrices and gradient descent."""

    prototypes: int = option(5, "senses of a word, at most", low=1, high=kernel.MOST_SENSES)
    min_share: float = option(
        1e-3, "leave out senses with a smaller share of the occurrences of their word", low=0, below=1
    )
    epochs: int = with_default(PredictiveTrainer, "epochs", 5)
    alpha: float = with_default(PredictiveTrainer, "alpha", 0.025)
    min_alpha: float = with_default(PredictiveTrainer, "min_alpha", 1e-4)
    sample: float = with_default(PredictiveTrainer, "sample", 1e-3)
    shrink_windows: bool = with_default(PredictiveTrainer, "shrink_windows", True)
    workers: int | None = with_default(PredictiveTrainer, "workers", None)

    shares_rows: ClassVar[bool] = True
    rule: ClassVar[Rule]

    def fit(
        self,
        corpus: Any,
        *,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | Path | None = None,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> SenseVectors:
        """Train on a corpus; the senses of its words as `SenseVectors`, float32 [senses, vector_size], keys `bank|1`.

        The arguments are those of `SkipGram.fit`. Raises CorpusError for a corpus that cannot be read or leaves no
        words, TrainingError when training diverges.

        >>> from wordvec import AdaGram
        >>> vectors = AdaGram(vector_size=8, min_count=1, workers=1).fit([["a", "b"], ["b", "c"]] * 10)
        >>> vectors.senses("a"), vectors.shares("a").tolist()
        (['a|1'], [1.0])
        """
        instruction_set()
        options = FitOptions(callbacks=listed(callbacks), progress=progress, checkpoints=Checkpoints.of(checkpoint))
        if not isinstance(corpus, EncodedCorpus):
            corpus = encode_corpus(corpus, tokenizer=tokenizer, cache=cache, progress=progress, **self.reading())
        elif tokenizer is not None or cache is not None:
            raise OptionError("tokenizer and cache serve the reading of a corpus; this one is encoded already")
        corpus.check_pairs()
        with begun(options.checkpoints, lambda: self.identity(corpus, options)):
            return finished(self._fit(corpus, options))

    def _fit(self, corpus: EncodedCorpus, options: FitOptions) -> SenseVectors:
        words, metadata = corpus.vocabulary, self.metadata(corpus)
        arrays = self._arrays(np.asarray(counts_of(words), np.float64))
        fixed = self._fixed(counts_of(words)) | arrays

        def vectors() -> SenseVectors:
            shape = (len(words), self.prototypes, self.vector_size)
            contexts = np.zeros((len(words), self.vector_size), np.float32)
            contexts[: len(arrays["output"])] = arrays["output"][: len(words)]
            centres = arrays.get("centres")
            return SenseVectors.of(
                words,
                arrays["input"].reshape(shape),
                self._shares(arrays["expected"]),
                rule=self.rule,
                contexts=contexts,
                centres=None if centres is None else centres.reshape(shape),
                least=self.min_share,
                metadata=metadata,
            )

        metadata["loss"] = descend_on(
            corpus,
            self._train,
            fixed,
            self,
            ceiling=20 * self._outputs(fixed) * log(2),  # 20 times the loss of an untrained model
            vectors=vectors,
            callbacks=options.callbacks,
            progress=options.progress,
            state=arrays,
            checkpoints=options.checkpoints,
        )
        check_finite(arrays["input"], self.alpha)
        return vectors()

    def _train(self, **arguments: Any) -> None:
        """Run the kernel on some chunks of an epoch."""
        kernel.train(**arguments)

    def _random(self, rows: int, stream: int) -> Floats:
        """Random rows [rows, vector_size], uniform in +-0.5 / vector_size, as AdaGram begins."""
        table = aligned_matrix(rows, self.vector_size)
        rng = np.random.default_rng([self.seed, stream])
        for start in range(0, rows, 4096):
            part = table[start : start + 4096]
            part[:] = (rng.random(part.shape, np.float32) - 0.5) / self.vector_size
        return table

    @abstractmethod
    def _arrays(self, counts: Doubles) -> dict[str, NDArray[Any]]:
        """What training changes: input [V * prototypes, D], output, expected [V, prototypes], perhaps centres."""

    def _fixed(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        """The other arguments of the kernel."""
        return {
            "keep": keep_thresholds(counts, self.sample),
            "counts": counts.astype(np.float64),
            "window": self.window,
            "shrink": self.shrink_windows,
            "level": simd_level(),
        }

    @abstractmethod
    def _outputs(self, fixed: dict[str, Any]) -> int:
        """The most outputs that a pair of words has."""

    def _shares(self, expected: Doubles) -> Doubles:
        """[V, prototypes] the share of each sense; all of a word that was never counted is its first one."""
        counted = expected.copy()
        counted[counted.sum(axis=1) <= 0, 0] = 1
        counted /= counted.sum(axis=1, keepdims=True)
        return counted


@dataclass(frozen=True, kw_only=True)
class AdaGram(SenseTrainer):
    """AdaGram: as many senses a word as its contexts ask for, by stick-breaking (Bartunov et al. 2016)."""

    concentration: float = option(
        0.1, "of the stick-breaking prior: the larger, the more senses; above 0.2 many words are split", above=0
    )
    discount: float = option(0.0, "of the Pitman-Yor process, for a longer tail of senses", low=0, below=1)
    window: int = with_default(TextTrainer, "window", 10)  # wide: all its words together tell which sense it is
    sample: float = with_default(PredictiveTrainer, "sample", 0.0)

    name: ClassVar[str] = "adagram"
    rule: ClassVar[Rule] = "likelihood"

    def _arrays(self, counts: Doubles) -> dict[str, NDArray[Any]]:
        words = len(counts)
        expected = np.zeros((words, self.prototypes))
        expected[:, 0] = counts
        output = self._random(max(words - 1, 1), 2)
        return {"input": self._random(words * self.prototypes, 1), "output": output, "expected": expected}

    def _fixed(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        offsets, path, code = huffman(counts)
        return super()._fixed(counts) | {
            "choice": kernel.ADAGRAM,
            "noise": np.empty((0, 2), np.uint32),
            "path_offsets": offsets,
            "path": path,
            "code": code,
            "concentration": self.concentration,
            "discount": self.discount,
        }

    def _outputs(self, fixed: dict[str, Any]) -> int:
        return max(1, int(np.diff(fixed["path_offsets"]).max(initial=0)))

    def _shares(self, expected: Doubles) -> Doubles:
        """The means of the parts that are broken off the stick; 0 where not one occurrence is expected."""
        rest = expected[:, ::-1].cumsum(axis=1)[:, ::-1] - expected
        a = 1 + expected - self.discount
        b = self.concentration + self.discount * np.arange(1, self.prototypes + 1) + np.maximum(rest, 0)
        broken = a / (a + b)
        left = np.cumprod(1 - broken, axis=1)
        shares = broken * np.concatenate([np.ones((len(broken), 1)), left[:, :-1]], axis=1)
        return np.where((expected >= 1) | (expected >= expected.max(axis=1, keepdims=True)), shares, 0)


@dataclass(frozen=True, kw_only=True)
class NegativeSenseTrainer(SenseTrainer):
    """The base class of those that learn by negative sampling, and find senses by the mean of their contexts."""

    prototypes: int = option(3, "senses of a word, at most", low=1, high=kernel.MOST_SENSES)
    negative: int = with_default(PredictiveTrainer, "negative", 5)
    ns_exponent: float = with_default(PredictiveTrainer, "ns_exponent", 0.75)

    def _fixed(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        return super()._fixed(counts) | {
            "noise": noise_table(counts, self.ns_exponent),
            "path_offsets": np.zeros(1, np.int64),
            "path": np.zeros(1, np.int32),
            "code": np.zeros(1, np.uint8),
            "pool": POOL,
            "noise_weight": self.negative / POOL,
        }

    def _outputs(self, fixed: dict[str, Any]) -> int:
        return 1 + self.negative

    def _matrices(self, counts: Doubles) -> dict[str, NDArray[Any]]:
        """Input, output and centres."""
        words = len(counts)
        size = self.vector_size**0.5
        arrays = {"input": self._random(words * self.prototypes, 1), "output": self._random(words, 2)}
        for array in arrays.values():
            array *= size  # so that means of contexts differ from the start
        return arrays | {"centres": aligned_matrix(words * self.prototypes, self.vector_size)}


@dataclass(frozen=True, kw_only=True)
class MSSG(NegativeSenseTrainer):
    """MSSG: the sense whose mean context is nearest; a fixed number, or one that grows (Neelakantan et al. 2014)."""

    new_sense: float | None = option(
        None,
        "NP-MSSG: a context whose cosines with all senses are below this founds a new one (the paper: -0.5); default: "
        "each word gets `prototypes` senses",
        low=-1,
        high=1,
    )
    burn_in: int = option(1, "epochs at the start in which each word has one sense, while contexts learn", low=0)

    name: ClassVar[str] = "mssg"
    rule: ClassVar[Rule] = "nearest"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.burn_in >= self.epochs:
            raise OptionError(
                f"burn_in must be less than epochs, so that senses learn; got {self.burn_in} of {self.epochs} epochs"
            )

    def _arrays(self, counts: Doubles) -> dict[str, NDArray[Any]]:
        return self._matrices(counts) | {"expected": np.zeros((len(counts), self.prototypes))}

    def _fixed(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        threshold = -2.0 if self.new_sense is None else self.new_sense
        return super()._fixed(counts) | {"choice": kernel.MSSG, "threshold": threshold}

    def _train(self, **arguments: Any) -> None:
        done = self.burn_in / self.epochs
        bound = self.alpha - (self.alpha - min(self.alpha, self.min_alpha)) * done
        single = self.burn_in > 0 and bool(arguments["alphas"][0] > bound * (1 + 1e-12))
        kernel.train(single=single, **arguments)


@dataclass(frozen=True, kw_only=True)
class Disambiguated(NegativeSenseTrainer):
    """Disambiguated skip-gram: weights choose the sense, learned with the vectors (Grzegorczyk & Kurdziel 2018)."""

    temperature: float = option(0.5, "of Gumbel-softmax: near 0 a sense is drawn, above 1 senses are mixed", low=0.05)
    entropy: float = option(0.1, "weight in the cost of the entropy of the senses of an occurrence", low=0)

    name: ClassVar[str] = "disambiguated"
    rule: ClassVar[Rule] = "softmax"

    def _arrays(self, counts: Doubles) -> dict[str, NDArray[Any]]:
        arrays = self._matrices(counts)
        arrays["centres"][:] = self._random(len(arrays["centres"]), 3) * self.vector_size**0.5
        return arrays | {"expected": np.repeat(counts[:, None] / self.prototypes, self.prototypes, axis=1)}

    def _fixed(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        how = {"choice": kernel.DISAMBIGUATED, "temperature": self.temperature, "entropy": self.entropy}
        return super()._fixed(counts) | how
