"""X2Static (Gupta and Jaggi 2021): static vectors of words that a contextual teacher's vectors of texts predict."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec._kernels import word2vec as kernel
from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.simd import instruction_set
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.options import CorpusOptions
from wordvec.corpus.sentences import lines
from wordvec.corpus.sources import Files, resolve
from wordvec.corpus.subsampling import keep_chances, keep_thresholds
from wordvec.optim.callbacks import Callback, listed
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.optim.descent import aligned_matrix, check_finite, descend
from wordvec.optim.epochs import Runs
from wordvec.optim.teacher import BATCH, Encode, vectors_of
from wordvec.trainers.base import FitOptions, Trainer, fingerprint_of_bytes, finished, shared_words, unshared
from wordvec.trainers.documents import encoded
from wordvec.trainers.pairs import predicting
from wordvec.trainers.word2vec import PredictiveTrainer, noise_words
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import listed as listed_texts

Floats = NDArray[np.float32]
BIAS = 1.0  # a number beside those of the teacher, for how frequent a word is; without it the rows learn little else
_BLOCK = 4096  # rows of the teacher that are read at a time


@dataclass(frozen=True, kw_only=True)
class X2Static(Trainer):
    """X2Static: the teacher's vector of a text predicts each word of it, by rows of the words (Gupta & Jaggi 2021)."""

    epochs: int = option(5, "passes over the texts", low=1)
    alpha: float = option(0.2, "learning rate at the start", above=0)
    min_alpha: float = with_default(PredictiveTrainer, "min_alpha", 1e-4)
    negative: int = option(10, "noise samples: their total weight against each word", low=1, high=1000)
    ns_exponent: float = with_default(PredictiveTrainer, "ns_exponent", 0.5)
    sample: float = with_default(PredictiveTrainer, "sample", 1e-4)
    centre: bool = option(True, "subtract the mean of the teacher's vectors, which tells no word apart")
    start: float = option(
        10.0, "length at the start of the rows that `init` has, less their mean; a longer one is changed less", above=0
    )
    min_count: int = with_default(CorpusOptions, "min_count", 5)
    max_vocab: int | None = with_default(CorpusOptions, "max_vocab", None)
    lowercase: bool = option(False, "lower-case the words; the teacher gets the texts as they are")
    batch_size: int = option(BATCH, "texts in a batch for the teacher", low=1, resource=True)
    seed: int = with_default(CorpusOptions, "seed", 1)
    workers: int | None = with_default(PredictiveTrainer, "workers", None)

    name: ClassVar[str] = "x2static"
    random: ClassVar[bool] = True
    shares_rows: ClassVar[bool] = True

    def fit(
        self,
        corpus: Any,
        *,
        teacher: Encode | ArrayLike | None = None,
        cache: str | os.PathLike[str] | None = None,
        init: KeyedVectors | None = None,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> KeyedVectors:
        """Train on texts: the lines of a file, strings, or lists of tokens; float32 [words, D], D as of the teacher.

        `teacher` is a function from a list of texts, as the corpus has them, to a vector [D] of each, or an array
        [texts, D]. The function is called once for each text, in batches; with `cache` its vectors are kept in that
        .npy file, which is mapped and used the next time. A text is a sentence or a paragraph. Words start from the
        directions of their vectors in `init`, which has D dimensions, such as `from_contextual` makes of the same
        teacher, else from zero. `callbacks`, `progress` and `checkpoint` are those of `SkipGram.fit`.

        OptionError for a teacher that gives NaN, vectors of several widths, or not one for each text; CorpusError for
        texts that leave no words; TrainingError when training diverges.

        >>> import numpy as np
        >>> from wordvec import X2Static
        >>> texts = ["red green", "one two"] * 20
        >>> vectors = X2Static(min_count=1, sample=0, workers=1).fit(texts, teacher=np.tile(np.eye(2), (20, 1)))
        >>> vectors.vectors.shape, vectors.most_similar("red", topn=1)[0][0]
        ((4, 2), 'green')
        """
        instruction_set()
        if teacher is None:
            raise OptionError("teacher must be given: a function from a list of texts to their vectors, or an array")
        options = FitOptions(unshared(init), False, listed(callbacks), progress, checkpoints=Checkpoints.of(checkpoint))
        texts = _texts_of(corpus, reads=callable(teacher))
        ready = encoded(texts, longest=None, progress=progress, **self.reading())
        items = lines(texts.inputs) if isinstance(texts, Files) else texts
        given = vectors_of(teacher, items, len(ready), batch_size=self.batch_size, progress=progress, cache=cache)
        if init is not None and init.vector_size != given.shape[1]:
            raise OptionError(f"init must have {given.shape[1]} dimensions, as the teacher; got {init.vector_size}")
        start = None if init is None else shared_words(init, ready.vocabulary)
        with begun(
            options.checkpoints, lambda: self.identity(ready, options) | {"teacher": fingerprint_of_bytes(given)}
        ):
            return finished(self._fit(ready, given, options), start)

    def reading(self) -> dict[str, Any]:
        """The options for the reader of the corpus."""
        names = ("min_count", "max_vocab", "lowercase")
        return {name: getattr(self, name) for name in names} | {"workers": self.threads}

    def _fit(self, corpus: EncodedCorpus, teacher: Any, options: FitOptions) -> KeyedVectors:
        words, size = corpus.vocabulary, teacher.shape[1]
        counts = np.asarray(words.counts)
        whole, metadata = aligned_matrix(len(words), size + 1), self.metadata(corpus) | {"teacher": {"size": size}}
        output, whole[:, size] = whole[:, :size], self._log_odds(counts) / BIAS
        if options.init is not None:
            options.place(output, words)
            _at_length(output, self.start)
        noise, keep = noise_words(counts, self.ns_exponent, self.seed), keep_thresholds(counts, self.sample)
        fixed = predicting(whole, noise, keep, self.negative) | {"frozen_documents": True}
        chunks, scale = corpus.chunks(), self._scale(teacher)

        def step(part: slice, runs: Runs) -> None:
            for chunk in range(part.start, part.stop):
                first, last = chunks[chunk : chunk + 2].tolist()
                one = slice(chunk, chunk + 1)
                kernel.train(
                    corpus.ids,
                    corpus.offsets[first : last + 1],
                    np.array([0, last - first]),
                    documents=np.arange(last - first, dtype=np.int32),
                    document_rows=scale(teacher[first:last]),
                    alphas=runs.alphas[one],
                    seeds=runs.seeds[one],
                    losses=runs.losses[one],
                    targets=runs.targets[one],
                    stop=runs.stop,
                    **fixed,
                )

        def vectors() -> KeyedVectors:
            return KeyedVectors(words, output, metadata=metadata)

        metadata["loss"] = descend(
            step,
            corpus.offsets[chunks],
            epochs=self.epochs,
            alpha=self.alpha,
            min_alpha=self.min_alpha,
            seed=self.seed,
            workers=self.threads,
            ceiling=20 * (1 + self.negative) * log(2),
            vectors=vectors,
            callbacks=options.callbacks,
            progress=options.progress,
            state={"output": whole},
            checkpoints=options.checkpoints,
        )
        check_finite(output, self.alpha)
        return vectors()

    def _log_odds(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """[V] the logit of each word that is right on average: how often it is in a text, and how often noise."""
        kept, noise = counts * keep_chances(counts, self.sample), counts.astype(np.float64) ** self.ns_exponent
        odds: NDArray[np.float64] = np.log(kept / (self.negative * kept.sum() * noise / noise.sum()))
        return odds

    def _scale(self, teacher: Any) -> Callable[[Any], Floats]:
        """A function that makes rows for the kernel of the teacher's: less their mean, at length 1.

        Then one learning rate suits every teacher.
        """
        mean = np.zeros(teacher.shape[1])
        if self.centre:
            for first in range(0, len(teacher), _BLOCK):
                mean += teacher[first : first + _BLOCK].sum(axis=0, dtype=np.float64)
            mean /= max(1, len(teacher))

        def scaled(block: Any) -> Floats:
            rows = aligned_matrix(len(block), len(mean) + 1)
            wide = np.asarray(block, np.float64) - mean
            lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, None]
            rows[:, :-1] = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
            rows[:, -1] = BIAS
            return rows

        return scaled


def _at_length(rows: Floats, length: float) -> None:
    """Subtract the mean of the rows that are not zero from them, and scale each to a length; the others stay zero."""
    used = rows.any(axis=1)
    rows[used] -= rows[used].mean(axis=0, dtype=np.float64).astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    np.divide(rows, norms / np.float32(length), out=rows, where=norms > 0)


def _texts_of(corpus: Any, reads: bool) -> Any:
    """The texts: files, which must be there to be read twice where a function `reads` them, or a list."""
    if isinstance(corpus, (str, os.PathLike, Files)) or (
        isinstance(corpus, (list, tuple)) and corpus and all(isinstance(item, os.PathLike) for item in corpus)
    ):
        found = resolve(corpus, False)
        assert isinstance(found, Files)
        if reads and (once := [source.name for source in found.inputs if source.identity is None]):
            raise OptionError(
                f"corpus must be a file for a teacher, which reads it once more; {once[0]} can be read once only"
            )
        return found
    return listed_texts(corpus)
