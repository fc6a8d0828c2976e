"""Skip-gram with negative sampling on any pairs of words and contexts (Levy and Goldberg 2014), in block updates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import word2vec as kernel
from wordvec.base.options import option, with_default
from wordvec.base.simd import instruction_set, simd_level
from wordvec.corpus.subsampling import keep_chances, keep_thresholds
from wordvec.graphs.pair_counts import PairCounts
from wordvec.graphs.sampling import Sampling, gathered
from wordvec.optim.callbacks import Callback
from wordvec.optim.checkpoints import Checkpoint, begun
from wordvec.optim.descent import aligned_matrix, check_finite, descend, put
from wordvec.optim.epochs import Runs
from wordvec.trainers.base import FitOptions, TextTrainer, Trainer, finished, fit_options, shared_words
from wordvec.trainers.word2vec import PredictiveTrainer, noise_words
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

Floats = NDArray[np.float32]
CENTRES = 6  # contexts of a word that share noise samples, as in PV-DBOW
POOL = 10  # these samples: with the contexts two blocks of eight rows
CHUNK = 10_000  # pairs: some milliseconds


@dataclass(frozen=True, kw_only=True)
class PairTrainer(Trainer):
    """The base class of models that learn from a sparse matrix of pairs: options and gradient descent."""

    vector_size: int = with_default(TextTrainer, "vector_size", 100)
    epochs: int = option(5, "passes over the pairs", low=1)
    alpha: float = with_default(PredictiveTrainer, "alpha", 0.025)
    min_alpha: float = with_default(PredictiveTrainer, "min_alpha", 1e-4)
    negative: int = option(5, "noise samples: their total weight against each pair", low=1, high=1000)
    ns_exponent: float = with_default(PredictiveTrainer, "ns_exponent", 0.75)
    seed: int = with_default(TextTrainer, "seed", 1)
    workers: int | None = with_default(PredictiveTrainer, "workers", None)

    shares_rows: ClassVar[bool] = True

    def fit(
        self,
        corpus: Any,
        *,
        init: KeyedVectors | None = None,
        keep_context: bool = False,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> KeyedVectors:
        """Train; the vectors, float32 [words, vector_size], by falling weight of their pairs.

        `corpus` is what the class says, or anything that its source class takes. `init` are the starting vectors of the
        words it has, and of its contexts, if it has some; words that it has beyond those of the pairs are lost, with a
        warning. `keep_context` keeps the vectors of
        the contexts as well: `vectors.contexts`, with their own vocabulary. `callbacks`, `progress` and `checkpoint`
        are those of `SkipGram.fit`. Raises CorpusError for what is no pair or edge, TrainingError when training
        diverges.
        """
        instruction_set()
        options = fit_options(self.vector_size, init, keep_context, callbacks, progress, checkpoint)
        self._check(options)
        ready = self._ready(corpus, progress)
        with begun(options.checkpoints, lambda: self.identity(ready, options)):
            start = None if options.init is None else shared_words(options.init, ready.vocabulary, grows=False)
            vectors = self._fit(ready, options)
        if start is not None:
            vectors.metadata = {**vectors.metadata, "init": start}
        return finished(vectors)

    def _check(self, options: FitOptions) -> None:
        """Raise OptionError, before any work, for arguments that do not fit together."""

    @abstractmethod
    def _ready(self, corpus: Any, progress: bool) -> Any:
        """The pairs, which are also taken."""

    @abstractmethod
    def _fit(self, pairs: Any, options: FitOptions) -> KeyedVectors:
        """Train; the vectors."""

    def _inputs(self, words: Vocabulary, size: int, options: FitOptions, stream: int = 0) -> Floats:
        """Rows [V, size] of words: those of `init`, else random ones, uniform in +-0.5 / sqrt(size)."""
        table = aligned_matrix(len(words), size)
        table[:] = (np.random.default_rng([self.seed, stream]).random(table.shape, np.float32) - 0.5) / size**0.5
        options.place(table, words)
        return table

    def _outputs(self, contexts: Vocabulary, size: int, options: FitOptions) -> Floats:
        """Rows [C, size] of contexts: those of `init`, else zeros."""
        table = aligned_matrix(len(contexts), size)
        if options.init is not None and (known := options.init.contexts) is not None:
            put(table, known.vectors, known.vocabulary.ids(contexts))
        return table

    def _tables(self, input: Floats, output: Floats, counts: NDArray[Any], keep: NDArray[np.uint32]) -> dict[str, Any]:
        """The arguments of the kernel that no chunk changes: a word is a document, its contexts are the words of it."""
        return {
            "document_rows": input,
            **predicting(output, noise_words(counts, self.ns_exponent, self.seed), keep, self.negative),
        }

    def _descend(
        self,
        models: list[tuple[Sampling, dict[str, Any]]],
        vectors: Callable[[], KeyedVectors],
        options: FitOptions,
        chances: NDArray[np.float64] | None = None,
    ) -> list[float | None]:
        """Train models on their pairs, one after another in each chunk; the mean loss of each epoch.

        Each model has a sampling, which others may share, and the arguments of the kernel that no chunk changes; all
        draw as many pairs in an epoch. `chances` [V] are the probabilities that a group of a word is used. The kernel
        checks nothing: sampling gives rows of both tables only, since it draws from a matrix of their shape.
        """
        total = models[0][0].total
        chunks = max(1, total // CHUNK)

        def dealt(sampling: Sampling, part: slice, runs: Runs) -> dict[str, Any]:
            groups = sampling.groups(runs.epoch)
            marks = np.linspace(0, len(groups.rows), chunks + 1).astype(np.int64)[part.start : part.stop + 1]
            some, marks = groups.order[marks[0] : marks[-1]], marks - marks[0]
            if chances is not None:
                draws = np.random.default_rng([self.seed, runs.epoch, 5, part.start]).random(len(some))
                used = draws < chances[groups.rows[some]]
                some, marks = some[used], np.concatenate([[0], np.cumsum(used)])[marks]
            return gathered(groups, some) | {"chunks": marks} if len(some) else {}

        def step(part: slice, runs: Runs) -> None:
            before, given = None, {}
            for number, (sampling, model) in enumerate(models):
                if sampling is not before:
                    before, given = sampling, dealt(sampling, part, runs)
                if not given:
                    continue
                losses, targets = np.zeros(part.stop - part.start), np.zeros(part.stop - part.start, np.int64)
                kernel.train(
                    **given,
                    alphas=runs.alphas[part],
                    seeds=runs.seeds[part] + np.uint64(number),
                    losses=losses,
                    targets=targets,
                    stop=runs.stop,
                    **model,
                )
                runs.losses[part] += losses
                runs.targets[part] += targets

        return descend(
            step,
            np.linspace(0, total, chunks + 1).astype(np.int64),
            epochs=self.epochs,
            alpha=self.alpha,
            min_alpha=self.min_alpha,
            seed=self.seed,
            workers=self.threads,
            ceiling=20 * (1 + self.negative) * log(2),
            vectors=vectors,
            callbacks=options.callbacks,
            progress=options.progress,
            unit="pairs",
            state={
                f"{name}{i}": model[name] for i, (_, model) in enumerate(models) for name in ("document_rows", "output")
            },
            checkpoints=options.checkpoints,
        )

    def metadata(self, corpus: Any) -> dict[str, Any]:
        """As of every trainer, and the contexts of a word that share noise samples, and the number of these."""
        return super().metadata(corpus) | {"block": {"centres": CENTRES, "noise": POOL}}


def predicting(output: Floats, noise: NDArray[np.int32], keep: NDArray[np.uint32], negative: int) -> dict[str, Any]:
    """The arguments of the kernel by which documents predict the words of them, and words predict nothing."""
    return {
        "input": output,  # not read, since words do not predict words
        "output": output,
        "keep": keep,
        "noise": noise,
        "path_offsets": np.zeros(1, np.int64),
        "path": np.zeros(1, np.int32),
        "code": np.zeros(1, np.uint8),
        "window": 1,
        "shrink": False,
        "cbow": False,
        "exact": True,
        "with_words": False,
        "centres": CENTRES,
        "pool": POOL,
        "noise_weight": negative / POOL,
        "level": simd_level(),
    }


@dataclass(frozen=True, kw_only=True)
class Pairs(PairTrainer):
    """Skip-gram on given pairs: each word predicts its contexts (word2vecf; Levy and Goldberg 2014)."""

    min_count: int = option(1, "leave out words whose pairs weigh less in all", low=1)
    context_min_count: int = option(1, "leave out contexts whose pairs weigh less in all", low=1)
    sample: float = option(
        0.0,
        "subsample words and contexts more frequent than this share of the pairs; 0: none",
        low=0,
        high=1,
    )
    conllu: bool = option(False, "files are CoNLL-U: words learn from their syntactic contexts")

    name: ClassVar[str] = "pairs"
    takes: ClassVar[tuple[type, ...]] = (PairCounts,)
    reads: ClassVar[tuple[str, str]] = (
        "PAIRS",
        "files of lines `WORD CONTEXT [WEIGHT]`, at tabs or spaces (also .gz .bz2 .xz .zst), URLs; - is stdin",
    )

    def _ready(self, corpus: Any, progress: bool) -> PairCounts:
        return PairCounts.of(
            corpus,
            min_count=self.min_count,
            context_min_count=self.context_min_count,
            conllu=self.conllu,
            workers=self.threads,
            progress=progress,
        )

    def _fit(self, pairs: PairCounts, options: FitOptions) -> KeyedVectors:
        words, contexts = pairs.vocabulary, pairs.contexts
        counts, context_counts = np.asarray(words.counts), np.asarray(contexts.counts)
        input = self._inputs(words, self.vector_size, options)
        output = self._outputs(contexts, self.vector_size, options)
        metadata = self.metadata(pairs)

        def vectors() -> KeyedVectors:
            kept = KeyedVectors(contexts, output) if options.keep_context else None
            return KeyedVectors(words, input, metadata=metadata, contexts=kept)

        sampling = Sampling(pairs.indptr, pairs.indices, pairs.weights, CENTRES, self.seed)
        metadata["loss"] = self._descend(
            [(sampling, self._tables(input, output, context_counts, keep_thresholds(context_counts, self.sample)))],
            vectors,
            options,
            keep_chances(counts, self.sample) if self.sample else None,
        )
        check_finite(input, self.alpha)
        return vectors()
