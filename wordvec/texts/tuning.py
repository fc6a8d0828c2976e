"""Static text encoders that are tuned: to pairs of texts that belong together, or to a teacher's vectors of texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from wordvec.base.errors import OptionError, WordTypeError
from wordvec.base.logs import warn
from wordvec.optim.callbacks import Callback
from wordvec.optim.callbacks import listed as listed_callbacks
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.optim.descent import check_finite, descend
from wordvec.optim.epochs import Runs
from wordvec.optim.teacher import Encode, vectors_of
from wordvec.rows.shared import as_rows
from wordvec.texts.encoder import TextEncoder
from wordvec.texts.losses import distances, ranking
from wordvec.texts.options import TuneOptions
from wordvec.trainers.base import fingerprint_of, fingerprint_of_bytes
from wordvec.transforms import PCA
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import listed

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def tune(
    vectors: KeyedVectors,
    texts: Iterable[Any],
    *,
    teacher: Encode | ArrayLike | None = None,
    cache: str | os.PathLike[str] | None = None,
    tokenizer: Callable[[str], Iterable[str]] | None = None,
    callbacks: Callback | Iterable[Callback] = (),
    progress: bool = False,
    checkpoint: Checkpoint | str | Path | None = None,
    **options: Any,
) -> KeyedVectors:
    """Vectors of words whose means are better vectors of texts, learned from pairs of texts or from a teacher.

    Without a `teacher`, `texts` are pairs of texts that belong together, such as paraphrases, or questions and their
    answers: each text is to be nearer to its own other half than to those of the rest of its batch (multiple negatives
    ranking; Henderson et al. 2017). With one, `texts` are texts, and their means are to be the teacher's vectors, by
    cosine or squared distance (as tokenlearn does); `teacher` is a function from a list of texts to a vector [D] of
    each, or an array [texts, D]. Where it gives more dimensions than `vectors` have, its principal components are
    taken. `cache` keeps its vectors in a .npy file.

    Texts are cut as `TextEncoder` cuts them; those without a known word teach nothing. The result has the words of
    `vectors`, and rows for TextEncoder's mean: words that no text has keep theirs. `options` are those of
    `TuneOptions`; `callbacks`, `progress` and `checkpoint` are as in `SkipGram.fit`. With one worker, results repeat.

    OptionError for texts that are no pairs or leave none, and for a teacher that gives NaN, vectors of several widths,
    fewer dimensions than `vectors`, or not one vector for each text; TrainingError where training diverges.

    >>> kv = KeyedVectors(["good", "fine", "bad"], [[1, 0], [0, 1], [1, 1]])
    >>> tuned = tune(kv, [("good", "fine"), ("bad", "bad")] * 20, epochs=20)
    >>> bool(tuned.similarity("good", "fine") > kv.similarity("good", "fine") + 0.3)
    True
    """
    chosen = TuneOptions(**options)
    encoder = TextEncoder(vectors, "mean", tokenizer=tokenizer, oov="skip", lowercase=chosen.lowercase)
    given, checkpoints = listed(texts), Checkpoints.of(checkpoint)
    goals = None
    if teacher is None:
        bags = _paired(encoder, given)
    else:
        bags = [_Bags.of(encoder, given)]
        made = vectors_of(teacher, given, len(given), batch_size=chosen.teacher_batch, progress=progress, cache=cache)
        goals = _goals(made, vectors.vector_size)
    known = np.flatnonzero(np.all([np.diff(bag.offsets) > 0 for bag in bags], axis=0))
    _check_known(len(known), len(given), goals is None)
    matrix = np.concatenate([block for _, block in vectors.blocks()]).astype(np.float32)
    tuning = _Tuning(chosen, matrix, bags, known, goals)

    def result() -> KeyedVectors:
        return _made(vectors, tuning.matrix, chosen, tuning.losses)

    def identity() -> dict[str, Any]:
        parts = [array for bag in bags for array in (bag.ids, bag.offsets)]
        told = {"options": chosen.recorded(), "vectors": fingerprint_of(vectors)}
        return told | {"texts": fingerprint_of_bytes(*parts, goals)}

    with begun(checkpoints, identity):
        tuning.run(result, listed_callbacks(callbacks), progress, checkpoints)
    return result()


@dataclass(frozen=True)
class _Bags:
    """Texts as the rows of their words: text i has ids[offsets[i]:offsets[i + 1]]."""

    ids: Int32
    offsets: Int64

    @classmethod
    def of(cls, encoder: TextEncoder, texts: list[Any]) -> _Bags:
        blocks = list(encoder.cutter.blocks(texts, 0, len(texts)))
        ids = np.concatenate([block.words for block in blocks]) if blocks else np.empty(0, np.int32)
        sizes = [np.diff(block.ends, prepend=0) for block in blocks]
        ends = np.cumsum(np.concatenate(sizes)) if sizes else np.empty(0, np.int64)
        return cls(ids.astype(np.int32), np.concatenate([[0], ends]).astype(np.int64))

    def means(self, texts: Int64) -> tuple[Int64, Any]:
        """(the rows of the words of some texts; the matrix [texts, rows] that takes their means)."""
        sizes = self.offsets[texts + 1] - self.offsets[texts]
        ends = np.cumsum(sizes)
        at = np.arange(ends[-1]) + np.repeat(self.offsets[texts] - ends + sizes, sizes)
        rows, places = np.unique(self.ids[at], return_inverse=True)
        shares = np.repeat(1 / sizes, sizes).astype(np.float32)
        indptr = np.concatenate([[0], ends])
        return rows.astype(np.int64), csr_array((shares, places.reshape(-1), indptr), shape=(len(texts), len(rows)))

    def keys(self) -> Int64:
        """[texts] a number for each text, the same for texts of the same words in the same order."""
        seen: dict[bytes, int] = {}
        parts = (self.ids[a:b].tobytes() for a, b in zip(self.offsets[:-1], self.offsets[1:]))
        return np.array([seen.setdefault(part, len(seen)) for part in parts], np.int64)


class _Tuning:
    """Gradient descent on the rows of words, over batches of texts."""

    def __init__(
        self, options: TuneOptions, matrix: Floats, bags: Sequence[_Bags], known: Int64, goals: Floats | None
    ) -> None:
        self.options, self.matrix, self.bags, self.known, self.goals = options, matrix, bags, known, goals
        self.steps = np.zeros(len(matrix), np.float32)  # Adagrad's mean squared gradients of each row, summed
        self.keys: NDArray[np.int64] = np.empty((2, 0), np.int64)
        if goals is None:
            both = _Bags(np.concatenate([bag.ids for bag in bags]), _joined([bag.offsets for bag in bags]))
            self.keys = both.keys().reshape(2, -1)
        self.order: tuple[int, Int64] = (-1, known)
        self.losses: list[float | None] = []

    def run(self, result: Callable[[], KeyedVectors], callbacks: Any, progress: bool, checkpoints: Any) -> None:
        """All epochs."""
        batches = -(-len(self.known) // self.options.batch_size)
        self.marks = np.linspace(0, len(self.known), batches + 1).astype(np.int64)
        self.losses = descend(
            self._step,
            self.marks,
            epochs=self.options.epochs,
            alpha=self.options.alpha,
            min_alpha=self.options.min_alpha,
            seed=self.options.seed,
            workers=self.options.threads,
            ceiling=inf,
            vectors=result,
            callbacks=callbacks,
            progress=progress,
            unit="texts",
            state={"matrix": self.matrix, "steps": self.steps},
            checkpoints=checkpoints,
        )
        check_finite(self.matrix, self.options.alpha)

    def _step(self, part: slice, runs: Runs) -> None:
        order = self._order(runs.epoch)
        for batch in range(part.start, part.stop):
            if runs.stop[0]:
                return
            texts = order[self.marks[batch] : self.marks[batch + 1]]
            runs.losses[batch] = self._descend(texts, runs.alphas[batch])
            runs.targets[batch] = len(texts)

    def _order(self, epoch: int) -> Int64:
        """The texts in the random order of an epoch."""
        if self.order[0] != epoch:
            self.order = epoch, np.random.default_rng([self.options.seed, epoch]).permutation(self.known)
        return self.order[1]

    def _descend(self, texts: Int64, alpha: float) -> float:
        """A step down the gradient of the loss of a batch; the loss before it, summed over the texts."""
        sides = [bag.means(texts) for bag in self.bags]
        means = [shares @ self.matrix[rows] for rows, shares in sides]
        if self.goals is None:
            loss, slopes = ranking(means[0], means[1], self.options.scale, self.keys[:, texts])
        else:
            loss, slope = distances(means[0], self.goals[texts], self.options.loss)
            slopes = [slope]
        for (rows, shares), slope in zip(sides, slopes):
            gradient = shares.T @ slope
            self.steps[rows] += np.square(gradient).mean(axis=1)
            self.matrix[rows] -= gradient * (np.float32(alpha) / np.sqrt(self.steps[rows] + 1e-12))[:, None]
        return loss


def _joined(offsets: Sequence[Int64]) -> Int64:
    """Offsets of texts that stand one after another."""
    return np.concatenate([[0], np.cumsum(np.concatenate([np.diff(one) for one in offsets]))]).astype(np.int64)


def _paired(encoder: TextEncoder, pairs: list[Any]) -> list[_Bags]:
    """The first texts of pairs, and the second ones; WordTypeError for what is no pair."""
    for place, pair in enumerate(pairs):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise WordTypeError(
                f"texts must be pairs of texts, or texts with teacher=; number {place} is {pair!r:.60} of type "
                f"{type(pair).__name__}"
            )
    return [_Bags.of(encoder, [pair[side] for pair in pairs]) for side in (0, 1)]


def _goals(teacher: Any, size: int) -> Floats:
    """The teacher's vectors [texts, size]: as they are, or their principal components."""
    width = teacher.shape[1]
    if width < size:
        raise OptionError(
            f"teacher must give at least {size} numbers, as the vectors have; it gives {width}: take fewer dimensions "
            "of the vectors, such as vectors.transformed(PCA(...))"
        )
    if width == size:
        return np.asarray(teacher, np.float32)
    return PCA(size).fit(teacher).apply(np.asarray(teacher, np.float32))


def _check_known(known: int, texts: int, pairs: bool) -> None:
    """OptionError where too few texts have a known word, a warning where some have none."""
    least, what = (2, "pairs") if pairs else (1, "texts")
    if known < least:
        raise OptionError(f"texts must hold {least} {what} or more with known words; {known} of {texts} have them")
    if known < texts:
        warn(f"{texts - known:,} of {texts:,} {what} have a text without a known word; they teach nothing")


def _made(vectors: KeyedVectors, matrix: Floats, options: TuneOptions, losses: list[float | None]) -> KeyedVectors:
    """The vectors with tuned rows; n-grams and transforms belong to the old ones, and are left out."""
    if vectors.subwords is not None:
        warn("vectors should have no n-grams to be tuned, as rows of words alone are: the result leaves them out")
    plain = vectors.without("context", "subwords", "transforms", "oov")
    told = {**vectors.metadata, "tuned": {"options": options.recorded(), "loss": list(losses)}}
    return plain._derived(as_rows(matrix), metadata=told)
