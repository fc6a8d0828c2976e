"""Selective training (Van Hautte et al. 2019): skip-gram with noise, in which the rows of new words alone move."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.threads import in_order, thread_pool
from wordvec.contexts.occurrences import Occurrences, occurrences_in, row_weights
from wordvec.contexts.options import Induction
from wordvec.induction.new_words import Floats, Inducer, Mask, NewWords
from wordvec.optim.descent import aligned_matrix, check_finite
from wordvec.trainers.pairs import Pairs
from wordvec.trainers.word2vec import PredictiveTrainer, counts_of, step_down
from wordvec.vectors import KeyedVectors

SHARE = 256  # words in a task of a thread
BLOCK = 4096
_STEP = 0xBF58476D1CE4E5B9  # between the random streams of two passes, which go on by another number


@dataclass(frozen=True, kw_only=True)
class SelectiveOptions(Induction):
    """Options of selective training, and those of all methods."""

    method: Literal["selective"] = with_default(Induction, "method", "selective")
    epochs: int = option(10, "passes over the contexts of each word", low=1)
    alpha: float = option(0.1, "learning rate at the start; it falls linearly", above=0)
    min_alpha: float = with_default(PredictiveTrainer, "min_alpha", 1e-4)
    negative: int = with_default(PredictiveTrainer, "negative", 5)
    ns_exponent: float = with_default(PredictiveTrainer, "ns_exponent", 0.75)
    seed: int = option(1, "of the noise samples", low=0)


@dataclass(frozen=True, eq=False)
class Selective(Inducer):
    """Selective training: the row of each new word is trained to predict its context words; nothing else moves.

    The row starts from the mean of the vectors of the context words, and takes `epochs` passes of skip-gram with
    negative sampling over its contexts, against the frozen context matrix of `vectors`: those of a training with
    `keep_context=True`. Noise samples follow the counts of the vectors. In the first pass all words of the
    window count, then those one position nearer, and so on to the next neighbours, and again: in the mean, near words
    weigh more, as in word2vec. The result for a word depends on the word, its contexts and the options, not on other
    words.
    Van Hautte, Emerson and Rei, "Bad Form: Comparing Context-Based and Form-Based Few-Shot Learning in Distributional
    Semantic Models", DeepLo 2019.

    >>> kv = KeyedVectors(["tea", "cup"], [[1, 0], [0, 1]], counts=[5, 5], context=[[2, 0], [0, 2]])
    >>> selective = Selective(kv, SelectiveOptions(epochs=20, workers=1))
    >>> mate = selective.induce(contexts={"mate": [["mate", "tea"]]})["mate"]
    >>> bool(mate[0] > 1 and mate[1] < 0)
    True
    """

    vectors: KeyedVectors
    options: SelectiveOptions

    def __post_init__(self) -> None:
        context = self.vectors.context
        if context is None or len(context) != len(self.vectors):
            raise OptionError(
                "vectors must have a context matrix with a row for each word for selective training, as training with "
                f"keep_context=True (--keep-context) leaves it; got {self.vectors!r} "
                + ("without one" if context is None else f"with {len(context)} rows")
            )

    def made(self, new: NewWords) -> tuple[Floats, Mask]:
        """The rows after training."""
        rows = aligned_matrix(len(new.words), self.vectors.vector_size)
        rows[:] = new.seen.means
        if len(rows):
            weights = row_weights(new.texts, len(self.vectors))
            self._train(rows, new, occurrences_in(new.texts, self.options.window), weights)
            check_finite(rows, self.options.alpha)
        return rows, new.seen.known

    def _train(self, rows: Floats, new: NewWords, seen: Occurrences, weights: Floats) -> None:
        """Change the rows; `weights` [V] are the chances of context words to be kept in a pass."""
        options, stop = self.options, np.zeros(1, np.int32)
        fixed = frozen_arguments(self.vectors, rows, weights, options)
        seeds = np.array([word_seed(word, options.seed) for word in new.words], np.uint64)
        bounds = np.searchsorted(seen.words, np.arange(len(rows) + 1))  # a word is a document of the kernel
        reaches = [options.window - epoch % options.window for epoch in range(options.epochs)]
        near = {reach: seen.within(reach) for reach in set(reaches)}

        def work(first: int) -> None:
            last = min(first + SHARE, len(rows))
            for epoch, reach in enumerate(reaches):
                if stop[0]:
                    return
                text = near[reach]
                alpha = options.alpha - (options.alpha - min(options.alpha, options.min_alpha)) * epoch / options.epochs
                step_down(
                    text.rows if len(text.rows) else np.zeros(1, np.int32),
                    text.offsets[bounds],
                    np.arange(first, last + 1),
                    np.full(last - first, alpha),
                    seeds[first:last] + np.uint64(epoch * _STEP % 2**64),
                    stop,
                    fixed,
                )

        with thread_pool(options.threads, stop) as pool:
            for _ in in_order(pool, work, range(0, len(rows), SHARE), 4 * options.threads):
                pass


def frozen_arguments(vectors: KeyedVectors, rows: Floats, weights: Floats, options: SelectiveOptions) -> dict[str, Any]:
    """The arguments of the kernel: each row is a document of PV-DBOW, all else is frozen."""
    output = aligned_matrix(len(vectors), vectors.vector_size)
    context = vectors.context
    assert context is not None
    for first in range(0, len(output), BLOCK):
        output[first : first + BLOCK] = context[first : first + BLOCK]
    trainer = Pairs(vector_size=vectors.vector_size, negative=options.negative, ns_exponent=options.ns_exponent)
    keep = (np.minimum(weights.astype(np.float64), 1) * (2**32 - 1)).astype(np.uint32)
    fixed = trainer._tables(rows, output, counts_of(vectors.vocabulary), keep)
    return fixed | {"documents": np.arange(len(rows), dtype=np.int32), "frozen": True, "frozen_input": True}


def word_seed(word: str, seed: int) -> int:
    """The random stream of a word, whatever other words there are."""
    digest = blake2b(f"{seed} {word}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


__all__ = ["Selective", "SelectiveOptions"]
