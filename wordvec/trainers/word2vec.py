"""Skip-gram and CBOW with negative sampling or hierarchical softmax (Mikolov et al. 2013), in block updates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import word2vec as kernel
from wordvec.base.errors import OptionError
from wordvec.base.options import option, workers_option
from wordvec.base.simd import instruction_set, level_name, simd_level
from wordvec.base.threads import in_order, thread_pool
from wordvec.cooccurrence import Cooccurrence
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.subsampling import keep_thresholds
from wordvec.optim.callbacks import Callback, listed
from wordvec.optim.descent import aligned_matrix, check_finite, descend_on, put
from wordvec.trainers.base import FitOptions, TextTrainer, WordTrainer, finished, shared_words, unshared
from wordvec.trainers.replicas import MANY, SYNC, descend_in_replicas
from wordvec.trainers.updates import copies_of
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.huffman import huffman

TRAINED = ("input", "output", "importance", "document_rows", "gram_rows")  # arguments that the kernel changes
DRAWS, LEAST = 16, 4096  # noise samples that are drawn before training: for each word, and at least
BLOCK = 8  # output rows that the kernel keeps in registers


@dataclass(frozen=True)
class Inputs:
    """The input side of a training: its arguments of the kernel, and the vectors that it becomes."""

    arguments: dict[str, Any]
    vectors: Callable[[dict[str, Any], NDArray[np.float32] | None], KeyedVectors]  # of metadata and context


@dataclass(frozen=True, kw_only=True)
class PredictiveTrainer(TextTrainer):
    """The base class of models that predict words from windows: options, matrices and gradient descent."""

    epochs: int = option(5, "passes over the corpus", low=1)
    alpha: float = option(0.025, "learning rate at the start", above=0)
    min_alpha: float = option(1e-4, "learning rate at the end; it falls linearly", low=0)
    negative: int = option(5, "noise samples: their total weight against each target, in words", low=1, high=1000)
    ns_exponent: float = option(0.75, "exponent of the counts in the noise distribution", low=-10, high=10)
    sample: float = option(1e-3, "subsample words more frequent than this share of the tokens; 0: none", low=0, high=1)
    shrink_windows: bool = option(True, "draw the size of each window from 1 to window")
    hs: bool = option(False, "hierarchical softmax instead of negative sampling")
    workers: int | None = workers_option("results repeat bit for bit with 1 only")

    shares_rows: ClassVar[bool] = True
    cbow: ClassVar[bool]
    exact: ClassVar[bool] = True
    centres: ClassVar[int] = 2  # neighbouring positions that share noise samples; a larger number costs quality
    noise_uses: ClassVar[int] = 1  # groups of such positions, 16 groups apart, that have the same noise samples

    def pool(self) -> int:
        """The number of noise samples of a group of centres: near `negative`, and with the centres full registers.

        Each sample weighs negative / pool, so that their total weight is `negative` for any pool.
        """
        return 0 if self.hs else BLOCK * max(1, round((self.centres + self.negative) / BLOCK)) - self.centres

    def _train(
        self, corpus: EncodedCorpus, inputs: Inputs, output: NDArray[Any], options: FitOptions, tables: Any = None
    ) -> KeyedVectors:
        """Train the rows of both sides by gradient descent, with the result of `_tables`; the vectors of the input."""
        metadata, context = self.metadata(corpus), output if options.keep_context else None
        fixed = (tables or self._tables(corpus.vocabulary)) | self._settings() | inputs.arguments | {"output": output}
        if options.cluster is not None:
            fixed["level"] = options.cluster.level()
        if getattr(self, "replicas", None) is not None:  # what the bytes of the result depend on
            metadata["simd"] = level_name(fixed["level"])

        def vectors() -> KeyedVectors:  # a new object each time, since it caches norms
            return inputs.vectors(metadata, context)

        metadata["loss"] = self._descend(corpus, fixed, vectors, options)
        check_finite(inputs.arguments["input"], self.alpha)
        return vectors()

    def _descend(
        self, corpus: EncodedCorpus, fixed: dict[str, Any], vectors: Callable[[], KeyedVectors], options: FitOptions
    ) -> list[float | None]:
        """Change the tables among the arguments of the kernel; the mean loss of each epoch."""
        return descend_on(
            corpus,
            kernel.train,
            fixed,
            self,
            ceiling=self._ceiling(fixed),
            vectors=vectors,
            callbacks=options.callbacks,
            progress=options.progress,
            state=trained(fixed),
            checkpoints=options.checkpoints,
            copies=copies_of(self, corpus, fixed),
        )

    def _settings(self) -> dict[str, Any]:
        """The scalar arguments of the kernel."""
        pool = self.pool()
        return {
            "window": self.window,
            "shrink": self.shrink_windows,
            "cbow": self.cbow,
            "exact": self.exact,
            "centres": 1 if self.hs else self.centres,
            "pool": pool,
            "noise_weight": self.negative / pool if pool else 0.0,
            "noise_uses": self.noise_uses,
            "level": simd_level(),
        }

    def metadata(self, corpus: EncodedCorpus | Cooccurrence) -> dict[str, Any]:
        """The metadata of the vectors; `block`: centres that share noise samples, their number, and its uses."""
        sharing = {"centres": self.centres, "noise": self.pool(), "uses": self.noise_uses}
        return super().metadata(corpus) | ({} if self.hs else {"block": sharing})

    def _inputs(self, words: Vocabulary, options: FitOptions) -> Inputs:
        """A row for each word: its vector in `init`, else random numbers."""
        input = self._random(len(words))
        options.place(input, words)
        return Inputs(
            {"input": input, "frozen_words": options.frozen_words(words)},
            lambda metadata, context: KeyedVectors(words, input, metadata=metadata, context=context),
        )

    def _random(self, rows: int, size: int | None = None, stream: tuple[int, ...] = ()) -> NDArray[np.float32]:
        """Random rows [rows, size or vector_size], uniform in +-0.5 / sqrt(vector_size); a `stream` selects others.

        With word2vec's range, +-0.5 / vector_size, gradients are tiny at first, and CBOW's analogy accuracy is 1 to 2
        points lower after the same epochs. For skip-gram the range makes no difference.
        """
        table = aligned_matrix(rows, size or self.vector_size)

        def draw(start: int) -> None:  # in blocks, so that no second matrix is made
            part, bits = table[start : start + 4096], np.random.PCG64([self.seed, *stream] if stream else self.seed)
            bits.advance(start * table.shape[1] // 2)  # it draws two numbers at a time, and a block has an even number
            numbers = np.random.Generator(bits).random(part.shape, np.float32)
            numbers -= 0.5
            np.divide(numbers, np.float32(self.vector_size**0.5), out=part)

        with thread_pool(self.threads) as pool:
            for _ in in_order(pool, draw, range(0, rows, 4096), 2 * self.threads):
                pass
        return table

    def _output(self, words: Vocabulary, init: KeyedVectors | None) -> NDArray[np.float32]:
        """Output rows: the context of `init`, else zeros. The tree of `hs` has one node fewer than there are words."""
        output = aligned_matrix(max(len(words) - self.hs, 1), self.vector_size)
        if init is not None and init.context is not None and not self.hs:
            put(output, init.context, init.vocabulary.ids(words))
        return output

    def _tables(self, words: Vocabulary) -> dict[str, NDArray[Any]]:
        """Subsampling thresholds, and the noise distribution or the Huffman tree."""
        counts = counts_of(words)
        tables: dict[str, NDArray[Any]] = {
            "keep": until_all_are_kept(keep_thresholds(counts, self.sample)),
            "noise": np.empty(0, np.int32) if self.hs else noise_words(counts, self.ns_exponent, self.seed),
            "path_offsets": np.zeros(1, np.int64),
            "path": np.zeros(1, np.int32),
            "code": np.zeros(1, np.uint8),
        }
        if self.hs:
            tables["path_offsets"], tables["path"], tables["code"] = huffman(counts)
        return tables

    def _ceiling(self, tables: dict[str, Any]) -> float:
        """20 times the loss of an untrained model, log 2 for each output of a target: above it training diverged."""
        depth = int(np.diff(tables["path_offsets"]).max(initial=0)) if self.hs else 1 + self.negative
        return 20 * depth * log(2)


@dataclass(frozen=True, kw_only=True)
class Word2Vec(PredictiveTrainer, WordTrainer):
    """The base class of predictive models of words: training, and training of the input matrix alone."""

    replicas: int | None = option(
        None,
        "copies of the model that train apart and are averaged; results repeat bit for bit with any number of workers; "
        "default: none, all threads change one model",
        low=1,
        high=1024,
    )
    shuffle: bool = option(
        False, "train the sentences in random order, another one in each epoch; several replicas do so in any case"
    )
    sync: int | None = option(
        None,
        "tokens that each replica trains between two averagings; default: the larger of "
        f"{SYNC} / replicas^2 and {MANY} / replicas",
        low=1,
        high=1 << 40,
    )

    nested: tuple[int, ...] = option(
        (),
        "sizes of prefixes that learn beside the whole (Matryoshka), rising multiples of 16",
        low=16,
    )

    def _fit(self, corpus: EncodedCorpus, options: FitOptions, *, outputs: KeyedVectors | None = None) -> KeyedVectors:
        corpus.check_pairs()
        words, init = corpus.vocabulary, options.init
        with thread_pool(1) as pool:  # shuffling the noise takes as long as drawing the rows
            tables = pool.submit(self._tables, words) if self.threads > 1 else None
            inputs, output = self._inputs(words, options), self._output(words, init if outputs is None else outputs)
        inputs.arguments["frozen"] = outputs is not None
        return self._train(corpus, inputs, output, options, None if tables is None else tables.result())

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sync is not None and self.replicas is None:
            raise OptionError(f"sync serves replicas; got sync={self.sync} without them: give replicas, too")
        sizes = (0, *self.nested, self.vector_size)
        if any(size % 16 for size in self.nested) or any(a >= b for a, b in pairwise(sizes)):
            fitting = [size for size in (16, 32, 64, 128, 256, 512) if size < self.vector_size][-3:]
            raise OptionError(
                f"nested must be rising multiples of 16 below vector_size {self.vector_size}; got {list(self.nested)}: "
                + (f"use such as {fitting}" if fitting else "leave it out, or make vector_size larger")
            )

    def _settings(self) -> dict[str, Any]:
        nested = {"nested": np.array(self.nested, np.int64)} if self.nested else {}
        return super()._settings() | nested

    def _ceiling(self, tables: dict[str, Any]) -> float:
        return super()._ceiling(tables) * (1 + len(self.nested))

    def _descend(
        self, corpus: EncodedCorpus, fixed: dict[str, Any], vectors: Callable[[], KeyedVectors], options: FitOptions
    ) -> list[float | None]:
        if self.replicas is None:
            return super()._descend(corpus, fixed, vectors, options)
        return descend_in_replicas(self, corpus, fixed, self._ceiling(fixed), vectors, options)

    def identity(self, corpus: EncodedCorpus | Cooccurrence, options: FitOptions) -> dict[str, Any]:
        """As of every trainer; replicas go on with any number of threads."""
        identity = super().identity(corpus, options)
        if self.replicas is not None:
            identity["options"].pop("workers", None)
        return identity

    def fit_inputs(
        self,
        corpus: Any,
        outputs: KeyedVectors,
        *,
        init: KeyedVectors | None = None,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
    ) -> KeyedVectors:
        """Train the input matrix alone; the output matrix is `outputs.context`, frozen.

        All vectors that are trained against the same output matrix are in one space: see `wordvec.align.train_compass`.
        That matrix is the `context` of the result. OptionError where `outputs` has no context, another vector size, or
        lacks a word of the corpus.

        >>> from wordvec import SkipGram, encode_corpus
        >>> trainer, corpus = SkipGram(vector_size=8, min_count=1, workers=1), encode_corpus([["a", "b"]] * 20)
        >>> compass = trainer.fit(corpus, keep_context=True)
        >>> bool((trainer.fit_inputs(corpus, compass).context == compass.context).all())
        True
        """
        options = FitOptions(unshared(init), True, listed(callbacks), progress)
        self._check(options)
        if not isinstance(outputs, KeyedVectors):
            raise OptionError(f"outputs must be KeyedVectors; got {type(outputs).__name__}")
        context, corpus = outputs.context, self.ready(corpus)
        if context is None or len(context) != len(outputs) or outputs.vector_size != self.vector_size:
            raise OptionError(
                f"outputs must have a context with a row of {self.vector_size} numbers for every word, as vectors have "
                f"that were trained with keep_context=True and vector_size={self.vector_size}; got {outputs!r}"
            )
        missing = [word for word in corpus.vocabulary if word not in outputs]
        if missing:
            raise OptionError(
                f"outputs must have every word of the corpus; {len(missing)} of {len(corpus.vocabulary)} are missing, "
                f"such as {missing[0]!r}: leave them out"
            )
        init = options.init
        start = None if init is None or init is outputs else shared_words(init, corpus.vocabulary)
        return finished(self._fit(corpus, options, outputs=outputs), start)

    def _check(self, options: FitOptions) -> None:
        super()._check(options)
        instruction_set()
        if self.hs and options.keep_context:
            raise OptionError("keep_context needs one output row for each word; got hs=True, which has none")


@dataclass(frozen=True, kw_only=True)
class SkipGram(Word2Vec):
    """Skip-gram: each word predicts its context words (Mikolov et al. 2013)."""

    name: ClassVar[str] = "skipgram"
    cbow: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class CBOW(Word2Vec):
    """CBOW: the mean of its context words predicts a word (Mikolov et al. 2013; exact gradient: Irsoy et al. 2021)."""

    alpha: float = option(0.05, "learning rate at the start; 0.1 suits cbow_grad exact", above=0)
    cbow_grad: Literal["word2vec", "exact"] = option(
        "word2vec",
        "step of each context word: word2vec: the step of the mean; exact: that step divided by the number of words",
    )

    name: ClassVar[str] = "cbow"
    cbow: ClassVar[bool] = True
    noise_uses: ClassVar[int] = 4  # their rows are found in the cache; skip-gram spends its time on products

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """Whether the gradient is exact."""
        return self.cbow_grad == "exact"


def trained(arguments: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """The arguments of the kernel that it changes."""
    return {name: arguments[name] for name in TRAINED if arguments.get(name) is not None}


def counts_of(words: Vocabulary) -> NDArray[np.int64]:
    """[V] the count of each word; 1 where counts are unknown."""
    return np.ones(len(words), np.int64) if words.counts is None else np.asarray(words.counts)


def until_all_are_kept(keep: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The thresholds up to the first word from which on every token is kept: few words are frequent, and caches small.

    >>> until_all_are_kept(np.array([9, 2**32 - 1, 5, 2**32 - 1, 2**32 - 1], np.uint32)).tolist()
    [9, 4294967295, 5, 4294967295]
    """
    thinned = np.flatnonzero(keep < keep.max(initial=0))
    return keep[: thinned[-1] + 2] if len(thinned) else keep[:1]


def noise_weights(counts: NDArray[Any], exponent: float) -> NDArray[np.float64]:
    """[V] what noise samples are drawn in proportion to: a power of their counts; 0 where that is 0."""
    weights, occurs = np.zeros(len(counts)), counts > 0
    weights[occurs] = counts[occurs].astype(np.float64) ** exponent
    return weights


def noise_table(counts: NDArray[Any], exponent: float) -> NDArray[np.uint32]:
    """[V, 2] the alias table that draws noise samples by their weights."""
    weights, table = noise_weights(counts, exponent), np.empty((len(counts), 2), np.uint32)
    kernel.alias_table(weights, table)
    spared = np.flatnonzero((weights == 0) & (table[:, 0] > 0))  # left over by rounding
    table[spared] = 0, weights.argmax()
    return table


def noise_words(counts: NDArray[Any], exponent: float, seed: int) -> NDArray[np.int32]:
    """Noise samples in random order, int32, about `DRAWS` for each word: by weight, rounded up or down at random.

    The kernel takes those that follow a random place. They are read in order and need no room in the caches, while each
    draw from an alias table is a look-up at a random place of a table that fills the second cache.
    """
    weights, rng = noise_weights(counts, exponent), np.random.default_rng([seed, 7])
    size = max(LEAST, DRAWS * len(weights))
    ends = np.floor(np.cumsum(weights) * (size / weights.sum()) + rng.random())
    words = np.repeat(np.arange(len(weights), dtype=np.int32), np.diff(ends, prepend=0).astype(np.int64))
    rng.shuffle(words)
    return words


def step_down(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    chunks: NDArray[np.int64],
    alphas: NDArray[np.float64],
    seeds: NDArray[np.uint64],
    stop: NDArray[np.int32],
    fixed: dict[str, Any],
) -> None:
    """Run the kernel on some chunks, each with its learning rate and random stream; `fixed` are its other arguments."""
    losses, targets = np.zeros(len(seeds)), np.zeros(len(seeds), np.int64)
    kernel.train(
        ids=ids,
        offsets=offsets,
        chunks=chunks,
        alphas=alphas,
        seeds=seeds,
        losses=losses,
        targets=targets,
        stop=stop,
        **fixed,
    )
