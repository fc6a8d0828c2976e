"""Learning to mimic the vectors of known words from their n-grams and contexts: batches, gradients and Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import TrainingError
from wordvec.contexts.means import Text
from wordvec.contexts.occurrences import Occurrences, occurrences_in, ranges, row_weights
from wordvec.subwords.ngrams import mean_rows
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import offsets_of

Floats = NDArray[Any]  # float32; float64 in tests of the gradient
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

SPARE = 1.5  # contexts of a word that are kept, in numbers of those that it learns from at a time
DECAYS = (0.9, 0.999)  # of Adam's means of gradients and of their squares
TINY = 1e-8


class Forward(NamedTuple):
    """What the model makes of a batch."""

    vectors: Floats  # [B, D]
    gates: Floats  # [B, 1] weight of the context part
    parts: Floats  # [B, D] context parts


@dataclass
class Gated:
    """The parameters: n-gram vectors are rows of `table`; matrix and gate are those of `FormContext`."""

    table: Floats  # [G, D]
    matrix: Floats  # [D, D]
    weights: Floats  # [2 D] of the gate; zeros for a single one
    bias: Floats  # []

    def forward(self, forms: Floats, has_form: Mask, means: Floats, known: Mask) -> Forward:
        """The vectors of words from the means of their n-grams and of their context vectors; each may be missing."""
        size = means.shape[1]
        parts = means @ self.matrix.T
        scores = means @ self.weights[:size] + forms @ self.weights[size:] + self.bias
        gates = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
        gates = np.where(known, np.where(has_form, gates, 1), 0)[:, None].astype(means.dtype)
        return Forward(gates * parts + (1 - gates) * forms, gates, parts)

    def gradients(
        self, forms: Floats, has_form: Mask, means: Floats, known: Mask, made: Forward, errors: Floats, single: bool
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """The gradients by the means of n-grams [B, D], matrix, weights and bias, for those by the vectors."""
        size = means.shape[1]
        slopes = (errors * (made.parts - forms)).sum(1) * (made.gates * (1 - made.gates))[:, 0]
        slopes *= has_form & known  # of the others the gate is fixed
        by_matrix = (made.gates * errors).T @ means
        by_weights = np.zeros_like(self.weights) if single else np.concatenate([slopes @ means, slopes @ forms])
        by_forms = (1 - made.gates) * errors
        if not single:
            by_forms += slopes[:, None] * self.weights[size:]
        return by_forms, by_matrix, by_weights, slopes.sum()


class Adam:
    """Adam (Kingma and Ba 2015) for an array, or for the rows of one that a step touches."""

    def __init__(self, values: Floats) -> None:
        self.values, self.means, self.squares = values, np.zeros_like(values), np.zeros_like(values)

    def step(self, gradient: Floats, alpha: float, steps: int, rows: Any = ...) -> None:
        """Move against a gradient; `steps` counts from 1."""
        first, second = DECAYS
        mean = first * self.means[rows] + (1 - first) * gradient
        square = second * self.squares[rows] + (1 - second) * gradient * gradient
        self.means[rows], self.squares[rows] = mean, square
        rate = alpha * (1 - second**steps) ** 0.5 / (1 - first**steps)
        self.values[rows] -= (rate * mean / (np.sqrt(square) + TINY)).astype(self.values.dtype)


class Ragged(NamedTuple):
    """Rows of a table for each of T words: word i has rows[starts[i]:starts[i] + sizes[i]]."""

    rows: Int32
    starts: Int64
    sizes: Int64

    def means(self, table: Floats) -> Floats:
        """[T, D] the means of the rows; zeros for a word without."""
        out = np.empty((len(self.sizes), table.shape[1]), np.float32)
        mean_rows(table, offsets_of(self.sizes), self.rows[ranges(self.starts, self.sizes)], out, workers=1)
        return out

    def of(self, words: Int64) -> Ragged:
        """Some of the words."""
        return Ragged(self.rows, self.starts[words], self.sizes[words])


@dataclass(frozen=True)
class Pools:
    """Contexts of the words that are mimicked, in random order for each of them."""

    occurrences: Occurrences
    bounds: Int64  # [T + 1] those of word i are bounds[i]:bounds[i + 1]

    def drawn(self, words: Int64, most: int, rng: np.random.Generator) -> Ragged:
        """The context words of 1 to `most` contexts of each word, as many as it has at most."""
        counts = np.diff(self.bounds)[words]
        numbers = 1 + (rng.random(len(words)) * np.minimum(counts, most)).astype(np.int64)
        numbers = np.minimum(numbers, counts)
        first = self.bounds[words] + (rng.random(len(words)) * (counts - numbers + 1)).astype(np.int64)
        offsets = self.occurrences.offsets
        starts = offsets[np.minimum(first, len(offsets) - 1)]
        return Ragged(self.occurrences.rows, starts, offsets[np.minimum(first + numbers, len(offsets) - 1)] - starts)


def pools_of(text: Text, counts: Int64, vectors: int, options: Any) -> Pools:
    """A sample of the contexts of the words of a text, which occur `counts` times."""
    chances = np.minimum(SPARE * options.most_contexts / np.maximum(counts, 1), 1.0)
    seen = occurrences_in((text,), options.window, chances, options.seed)
    rng = np.random.default_rng([options.seed, 12])
    if options.sample:  # frequent context words are left out as often as they would weigh less
        seen = seen.with_words(rng.random(len(seen.rows)) < row_weights((text,), vectors)[seen.rows])
    seen = seen.taken(np.lexsort((rng.random(len(seen.words)), seen.words)))
    return Pools(seen, np.searchsorted(seen.words, np.arange(len(counts) + 1)))


class Mimicked(NamedTuple):
    """What was learned, and the mean squared distance of each epoch, as a share of the mean squared length."""

    gated: Gated
    losses: tuple[float, ...]


def mimicked(
    vectors: KeyedVectors,
    rows: Int64,
    ngrams: Ragged,
    size: int,
    pools: Pools | None,
    matrix: Floats,
    options: Any,
) -> Mimicked:
    """Learn to mimic the vectors of the words at some rows, from their n-grams, `size` in all, and from contexts.

    All is learned in units of the root mean square of the numbers of these vectors: steps do not depend on it.
    """
    gold = vectors._take(rows)
    unit = float(np.sqrt(np.mean(np.square(gold, dtype=np.float64)))) or 1.0
    gold /= np.float32(unit)
    dim = gold.shape[1]
    gated = Gated(
        np.zeros((size, dim), np.float32),
        matrix.astype(np.float32),
        np.zeros(2 * dim, np.float32),
        np.zeros((), np.float32),
    )
    context = np.zeros((1, dim), np.float32)
    if pools is not None:
        used, places = np.unique(pools.occurrences.rows, return_inverse=True)
        context = vectors._take(used.astype(np.int64)) / np.float32(unit) if len(used) else context
        seen = pools.occurrences
        pools = Pools(Occurrences(seen.words, seen.offsets, places.astype(np.int32), seen.distances), pools.bounds)
    learner = _Learner(gated, gold, ngrams, pools, context, options)
    losses = tuple(learner.epoch(number) for number in range(options.epochs))
    gated.table *= np.float32(unit)
    gated.weights /= np.float32(unit)
    return Mimicked(gated, losses)


class _Learner:
    """The state of the learning."""

    def __init__(
        self, gated: Gated, gold: Floats, ngrams: Ragged, pools: Pools | None, context: Floats, options: Any
    ) -> None:
        self.gated, self.gold, self.ngrams, self.pools, self.context = gated, gold, ngrams, pools, context
        self.options, self.steps = options, 0
        self.table, self.matrix = Adam(gated.table), Adam(gated.matrix)
        self.weights, self.bias = Adam(gated.weights), Adam(gated.bias)

    def epoch(self, number: int) -> float:
        """One pass over all words, in random order; the mean loss before the steps."""
        options, total = self.options, 0.0
        rng = np.random.default_rng([options.seed, 13, number])
        order = rng.permutation(len(self.gold))
        batches = -(-len(order) // options.batch)
        for place, first in enumerate(range(0, len(order), options.batch)):
            alpha = options.alpha * (1 - (number + place / batches) / options.epochs)
            total += self.step(order[first : first + options.batch], alpha, rng)
        loss = total / max(float(np.square(self.gold, dtype=np.float64).sum()), TINY)
        if not np.isfinite(loss):
            raise TrainingError(f"learning diverged in epoch {number + 1}; use a smaller alpha than {options.alpha:g}")
        return loss

    def step(self, words: Int64, alpha: float, rng: np.random.Generator) -> float:
        """One step of Adam on a batch; the sum of its squared distances before the step."""
        gated, options = self.gated, self.options
        own = self.ngrams.of(words)
        means, known = self.means(words, rng)
        draws = rng.random(len(words))
        has_form = own.sizes > 0
        known &= ~(has_form & (draws < options.alone))
        has_form &= ~(known & (draws > 1 - options.alone))
        means[~known] = 0
        forms = own.means(gated.table)
        forms[~has_form] = 0
        made = gated.forward(forms, has_form, means, known)
        errors = made.vectors - self.gold[words]
        used = has_form | known
        errors[~used] = 0
        scale = np.float32(2 / len(words))
        by_forms, *others = gated.gradients(
            forms, has_form, means, known, made, scale * errors, options.gate == "single"
        )
        self.steps += 1
        for adam, gradient in zip((self.matrix, self.weights, self.bias), others, strict=True):
            adam.step(gradient, alpha, self.steps)
        self._step_table(own, by_forms * has_form[:, None], alpha)
        return float(np.square(errors, dtype=np.float64).sum())

    def means(self, words: Int64, rng: np.random.Generator) -> tuple[Floats, Mask]:
        """The means of some contexts of each word, and which words have any."""
        if self.pools is None:
            return np.zeros((len(words), self.gold.shape[1]), np.float32), np.zeros(len(words), np.bool_)
        drawn = self.pools.drawn(words, self.options.most_contexts, rng)
        return drawn.means(self.context), drawn.sizes > 0

    def _step_table(self, own: Ragged, by_forms: Floats, alpha: float) -> None:
        """Move the n-grams of a batch: each gets its share of the gradients of the words that it stands in."""
        rows = own.rows[ranges(own.starts, own.sizes)]
        if not len(rows):
            return
        owner = np.repeat(np.arange(len(own.sizes)), own.sizes)
        order = np.argsort(rows, kind="stable")
        rising = rows[order]
        firsts = np.flatnonzero(np.diff(rising, prepend=-1))
        shares = by_forms / np.maximum(own.sizes, 1)[:, None].astype(np.float32)
        self.table.step(np.add.reduceat(shares[owner[order]], firsts), alpha, self.steps, rising[firsts])
