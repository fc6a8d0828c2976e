"""Paragraph vectors (Le and Mikolov 2014): a vector for each document, trained together with word vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.options import option, with_default
from wordvec.base.threads import in_order, thread_pool
from wordvec.optim.callbacks import Callback
from wordvec.optim.callbacks import listed as listed_callbacks
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.optim.descent import aligned_matrix
from wordvec.trainers import document_folders as folders
from wordvec.trainers.base import FitOptions, finished
from wordvec.trainers.documents import SHARE, Remembering, Texts, encoded, identified
from wordvec.trainers.word2vec import PredictiveTrainer, step_down
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import listed

Floats = NDArray[np.float32]
Int64 = NDArray[np.int64]
Uint64 = NDArray[np.uint64]
Trained = TypeVar("Trained", bound=PredictiveTrainer)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB), np.uint64(0x9E3779B97F4A7C15))


@dataclass(frozen=True, kw_only=True)
class ParagraphVectors(PredictiveTrainer):
    """The base class of both models: from documents to vectors of documents and words."""

    epochs: int = with_default(PredictiveTrainer, "epochs", 10)

    exact: ClassVar[bool] = False

    @property
    def trains_words(self) -> bool:
        """Whether vectors of words are trained as well, in the space of the documents."""
        return True

    def fit(
        self,
        texts: Texts,
        *,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> Documents:
        """Train on documents: the lines of a file, texts split at white space, or lists of tokens.

        The vector of a document without known words is zero. `checkpoint` is as in `SkipGram.fit`. Raises CorpusError
        for documents that leave no words, TrainingError when training diverges.

        >>> model = PVDBOW(vector_size=8, min_count=1, workers=1).fit(["red green blue", "one two three"] * 20)
        >>> model.documents.vectors.shape, model.encode(["red blue"]).shape
        ((40, 8), (1, 8))
        """
        options = FitOptions(
            None, not self.hs, listed_callbacks(callbacks), progress, checkpoints=Checkpoints.of(checkpoint)
        )
        corpus = encoded(texts, progress=progress, **self.reading())
        words = corpus.vocabulary
        rows = self._random(len(corpus), stream=(1,))
        rows[np.diff(corpus.offsets) == 0] = 0
        inputs = self._inputs(words, FitOptions())
        inputs.arguments.update(self._documents(rows))
        output = self._output(words, None)
        with begun(options.checkpoints, lambda: self.identity(corpus, options)):
            vectors = self._train(corpus, inputs, output, options)
        finished(vectors)
        tags = [str(number) for number in range(len(corpus))]
        documents = KeyedVectors(tags, self._learned(rows), metadata=vectors.metadata)
        return Documents(vectors, self._stored(documents), self, output)

    def _documents(self, rows: Floats) -> dict[str, Any]:
        """The arguments of the kernel for documents, one for each sentence."""
        return {"documents": np.arange(len(rows), dtype=np.int32), "document_rows": rows}

    def _learned(self, rows: Floats) -> Floats:
        """The vectors of documents, from their trained rows, which may be overwritten."""
        return rows

    def _stored(self, documents: KeyedVectors) -> KeyedVectors:
        """Documents in the form in which they are kept."""
        return documents


@dataclass(frozen=True, kw_only=True)
class DocumentsPredict(ParagraphVectors):
    """The base class of models in which the document alone predicts its words."""

    cbow: ClassVar[bool] = False
    centres: ClassVar[int] = 6

    def pool(self) -> int:
        """A third of `negative` noise samples for each word, as a group has one input row; half with words."""
        if self.hs:
            return 0
        noise = self.negative * self.centres / (2 if self.trains_words else 3)
        return 8 * max(1, round((self.centres + noise) / 8)) - self.centres

    def _documents(self, rows: Floats) -> dict[str, Any]:
        return {**super()._documents(rows), "with_words": self.trains_words}

    @property
    def trains_words(self) -> bool:
        """See `ParagraphVectors`."""
        return False


@dataclass(frozen=True, kw_only=True)
class PVDBOW(DocumentsPredict):
    """PV-DBOW: a document predicts its words; with `dbow_words` words also predict their context words."""

    dbow_words: bool = option(False, "also train word vectors by skip-gram, in the same space")

    name: ClassVar[str] = "pv-dbow"

    @property
    def trains_words(self) -> bool:
        """With `dbow_words`."""
        return self.dbow_words


@dataclass(frozen=True, kw_only=True)
class BinaryPVDBOW(DocumentsPredict):
    """Binary PV-DBOW: a document predicts its words by a code of `vector_size` bits (Grzegorczyk and Kurdziel 2017).

    A document has a real number r for each bit. The bits, sigmoid(r) rounded to 0 or 1, predict the words. The step of
    r is that of its bit times the slope of the sigmoid, as if nothing were rounded (straight-through). A bit of 1
    enters the scores as 1 / sqrt(vector_size), so that one `alpha` suits codes of any length.

    Vectors of documents, and those that `encode` infers, are codes: 1 for a bit of 1, -1 for one of 0, so that a cosine
    is 1 - 2 Hamming distance / vector_size; zeros for documents without known words. Documents are kept as bits, and
    read as 1 and -1 to float32's rounding: take the bits as `vectors > 0` of the array. With `keep_real`, vectors are
    the numbers r, whose signs are the codes: bits choose candidates, which r re-ranks.

    >>> trainer = BinaryPVDBOW(vector_size=16, min_count=1, workers=1)
    >>> model = trainer.fit(["red green blue", "one two three"] * 20)
    >>> model.documents.rows.name, sorted({float(bit) for bit in model.encode(["red blue"])[0]})
    ('bits', [-1.0, 1.0])
    """

    alpha: float = option(0.3, "learning rate at the start", above=0)
    keep_real: bool = option(False, "keep the real numbers whose signs are the codes, to re-rank what the bits find")

    name: ClassVar[str] = "binary-pv-dbow"

    def _documents(self, rows: Floats) -> dict[str, Any]:
        return {**super()._documents(rows), "bit": self.vector_size**-0.5}

    def _learned(self, rows: Floats) -> Floats:
        for first in range(0, 0 if self.keep_real else len(rows), 4096):
            part = rows[first : first + 4096]
            part[:] = np.where(part > 0, np.float32(1), np.float32(-1)) * part.any(axis=1, keepdims=True)
        return rows

    def _stored(self, documents: KeyedVectors) -> KeyedVectors:
        beside = "float32" if self.keep_real else None
        return documents.compress("bits", rescore=beside, rotate=False, center=False)


@dataclass(frozen=True, kw_only=True)
class PVDM(ParagraphVectors):
    """PV-DM: the mean of the document vector and the context words predicts a word."""

    alpha: float = option(0.05, "learning rate at the start", above=0)

    name: ClassVar[str] = "pv-dm"
    cbow: ClassVar[bool] = True


@dataclass(frozen=True)
class Documents(Remembering):
    """A trained document model: vectors of words, and of the training documents with the keys "0", "1", ...

    `words.context` is the output matrix. `encode` infers vectors of new documents; `save` and `load` use a folder.
    """

    words: KeyedVectors
    documents: KeyedVectors
    trainer: ParagraphVectors
    output: Floats  # [V or inner nodes, D] the rows that predict words

    def encode(self, texts: Iterable[Any], epochs: int = 20) -> Floats:
        """Infer vectors of new documents, float32 [n, D], while the matrices of the model are frozen.

        The vector of a text depends on the text alone: not on other texts, their order, or the number of threads. The
        vector of a text without known words is zero. More `epochs` give more stable vectors.
        """
        epochs = whole_number("epochs", epochs)
        trainer = self.trainer
        ids, offsets = identified(self.words, listed(texts), trainer.threads)
        seeds, sizes = _seeds(ids, offsets, trainer.seed), np.diff(offsets)
        rows = aligned_matrix(len(sizes), trainer.vector_size)
        _random_rows(seeds, trainer.vector_size, rows)
        rows[sizes == 0] = 0
        input, output = self._matrices
        arguments = self._tables | trainer._settings() | trainer._documents(rows)
        arguments |= {"input": input, "output": output, "frozen": True, "frozen_input": True}
        if not trainer.cbow:
            arguments["with_words"] = False

        stop = np.zeros(1, np.int32)

        def work(first: int) -> None:
            last = min(first + SHARE, len(sizes))
            count = last - first
            for epoch in range(epochs):
                if stop[0]:  # the kernel ends at once, but the rest of an epoch takes time too
                    return
                alpha = trainer.alpha - (trainer.alpha - min(trainer.alpha, trainer.min_alpha)) * epoch / epochs
                drawn = _mixed(seeds[first:last] + np.uint64(epoch))
                step_down(ids, offsets, np.arange(first, last + 1), np.full(count, alpha), drawn, stop, arguments)

        with thread_pool(trainer.threads, stop) as pool:
            for _ in in_order(pool, work, range(0, len(sizes), SHARE), 4 * trainer.threads):
                pass
        return np.ascontiguousarray(trainer._learned(rows))

    @cached_property
    def _tables(self) -> dict[str, NDArray[Any]]:
        """The thresholds and the noise of the trainer."""
        return self.trainer._tables(self.words.vocabulary)

    @cached_property
    def _matrices(self) -> tuple[Floats, Floats]:
        """The word rows of both sides, aligned for the kernel; memory-mapped ones are copied once."""
        stride = aligned_matrix(1, self.trainer.vector_size).strides[0]
        return _aligned(self.words.vectors, stride), _aligned(self.output, stride)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write `words.safetensors` and `documents.safetensors` to a folder, which replaces an older one.

        With hierarchical softmax also `nodes.safetensors`, the output rows of the nodes of the tree.
        """
        parts = {"words": self.words, "documents": self.documents}
        if self.trainer.hs:
            parts["nodes"] = KeyedVectors([str(number) for number in range(len(self.output))], self.output)
        folders.save(folder, parts)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Documents:
        """Open a folder that `save` wrote, memory-mapped; FormatError for any other folder."""
        words, documents = (folders.part(folder, name) for name in ("words", "documents"))
        kinds = {kind.name: kind for kind in (PVDBOW, BinaryPVDBOW, PVDM)}
        kind = kinds.get(str(words.metadata.get("trainer")))
        if kind is None or words.vector_size != documents.vector_size:
            raise FormatError(f"{os.fspath(folder)} must hold words and documents as Documents.save writes them")
        trainer = trainer_of(words, kind, folder)
        output = folders.part(folder, folders.NODES).vectors if trainer.hs else words.context
        rows, shape = max(len(words) - trainer.hs, 1), None if output is None else output.shape
        if output is None or shape != (rows, trainer.vector_size):  # the kernel does not check their number
            what = "nodes" if trainer.hs else "context"
            raise FormatError(
                f"{os.fspath(folder)}: {what} must have {rows} rows of {trainer.vector_size} numbers, for {len(words)} "
                f"words; got {shape or 'none'}"
            )
        return cls(words, documents, trainer, np.asarray(output, np.float32))


def trainer_of(words: KeyedVectors, kind: type[Trained], folder: str | os.PathLike[str]) -> Trained:
    """The trainer that trained the words of a folder; FormatError where the file contradicts its options.

    Kernels do not check row numbers and sizes, so they are checked here.
    """
    options, counts = words.metadata.get("options"), words.vocabulary.counts
    if not isinstance(options, dict):
        raise FormatError(f"{os.fspath(folder)}: options of the model must be an object; the file has {options!r:.80}")
    try:
        trainer = kind(**options)
    except (TypeError, OptionError) as error:
        raise FormatError(f"{os.fspath(folder)}: options of the model: {error}") from None
    if words.rows.row_of is not None or trainer.vector_size != words.vector_size:
        raise FormatError(
            f"{os.fspath(folder)}: each of the {len(words)} words must have its own row of {trainer.vector_size} "
            f"numbers; there are {len(words.vectors)} of {words.vector_size}"
        )
    if not len(words) or (counts is not None and int(counts.min()) < 1):
        raise FormatError(f"{os.fspath(folder)}: there must be words, each with a count of 1 at least; some have less")
    return trainer


def _mixed(x: Uint64) -> Uint64:
    """The finaliser of splitmix64."""
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return x ^ (x >> np.uint64(31))


def _seeds(ids: NDArray[np.int32], offsets: Int64, seed: int) -> Uint64:
    """[documents] a random seed for each document, a hash of its word ids and the seed."""
    sizes = np.diff(offsets)
    places = np.arange(len(ids), dtype=np.uint64) - np.repeat(offsets[:-1], sizes).astype(np.uint64)
    mixed = _mixed(ids.astype(np.uint64) + _mixed(places * _MIX[2] + np.uint64(seed)))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    return _mixed(sums[offsets[1:]] - sums[offsets[:-1]])


def _random_rows(seeds: Uint64, size: int, rows: Floats) -> None:
    """Fill rows with uniform random numbers in +-0.5 / sqrt(size), each row from its seed."""
    steps = np.arange(1, size + 1, dtype=np.uint64) * _MIX[2]
    for first in range(0, len(rows), 4096):
        drawn = _mixed(seeds[first : first + 4096, None] + steps) >> np.uint64(40)
        rows[first : first + 4096] = (drawn / np.float32(2**24) - 0.5) / size**0.5


def _aligned(matrix: Any, stride: int) -> Floats:
    """The matrix itself where its rows are aligned for the kernel, else an aligned copy."""
    array = np.asarray(matrix, np.float32)
    if array.ctypes.data % 64 == 0 and array.strides[0] == stride:
        return array
    copy: Floats = aligned_matrix(len(array), array.shape[1])
    copy[:] = array
    return copy
