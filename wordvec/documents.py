"""Paragraph vectors (Le and Mikolov 2014): a vector for each document, learned beside those of words; topics."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import word2vec as kernel
from wordvec.corpus import encode
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sources import Files, resolve
from wordvec.errors import FormatError, OptionError
from wordvec.formats import load
from wordvec.keyed_vectors import KeyedVectors
from wordvec.options import option, with_default
from wordvec.texts.tokens import Cutter, as_bytes, listed
from wordvec.trainers.sgd import Callback, aligned_matrix
from wordvec.trainers.word2vec import Word2Vec

Floats = NDArray[np.float32]
Int64 = NDArray[np.int64]
Uint64 = NDArray[np.uint64]
Texts = str | os.PathLike[str] | Iterable[str] | Iterable[Sequence[str]]
_SHARE = 1024  # documents of a task
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB), np.uint64(0x9E3779B97F4A7C15))


@dataclass(frozen=True, kw_only=True)
class ParagraphVectors(Word2Vec):
    """What both models share: documents in, vectors of documents and of words out."""

    epochs: int = with_default(Word2Vec, "epochs", 10)

    exact: ClassVar[bool] = False

    def fit(  # type: ignore[override]
        self, texts: Texts, *, callbacks: Callback | Iterable[Callback] = (), progress: bool = False
    ) -> Documents:
        """Train on documents: the lines of a file, texts cut at white space, or lists of tokens.

        A document without a word of the vocabulary has a vector of zeros. Raises CorpusError for documents that leave
        no words, TrainingError when training diverges.

        >>> model = PVDBOW(vector_size=8, min_count=1, workers=1).fit(["red green blue", "one two three"] * 20)
        >>> model.documents.vectors.shape, model.infer(["red blue"]).shape
        ((40, 8), (1, 8))
        """
        documents = _listed(texts)
        with _corpus_of(texts, documents) as source:
            counted = encode(source, progress=progress, **self.reading())
        words = counted.vocabulary
        ids, offsets = _identified(KeyedVectors(words, np.zeros((len(words), 1))), documents, self.threads)
        corpus = replace(counted, ids=ids, offsets=offsets)
        rng, rows = np.random.default_rng([self.seed, 1]), aligned_matrix(len(documents), self.vector_size)
        for first in range(0, len(rows), 4096):
            part = rows[first : first + 4096]
            part[:] = (rng.random(part.shape, np.float32) - 0.5) / self.vector_size**0.5
        rows[np.diff(offsets) == 0] = 0
        inputs = self._inputs(words, None)
        inputs.arguments.update(self._documents(rows))
        told = [callbacks] if callable(callbacks) else list(callbacks)
        output = self._output(words, None)
        vectors = self._train(corpus, inputs, output, keep_context=not self.hs, callbacks=told, progress=progress)
        tags = [str(number) for number in range(len(documents))]
        return Documents(vectors, KeyedVectors(tags, rows, metadata=vectors.metadata), self, output)

    def _documents(self, rows: Floats) -> dict[str, Any]:
        """What the kernel is told of documents, one for each sentence."""
        return {"documents": np.arange(len(rows), dtype=np.int32), "document_rows": rows}


@dataclass(frozen=True, kw_only=True)
class PVDBOW(ParagraphVectors):
    """A document predicts its words, and with `dbow_words` words predict the words around them, too (PV-DBOW)."""

    dbow_words: bool = option(False, "train words by skip-gram, in the same space")

    name: ClassVar[str] = "pv-dbow"
    cbow: ClassVar[bool] = False
    centres: ClassVar[int] = 4

    def pool(self) -> int:
        """As of words, but for a larger group: its input is one row."""
        if self.hs:
            return 0
        return 8 * max(1, round((self.centres + self.negative * self.centres / 2) / 8)) - self.centres

    def _documents(self, rows: Floats) -> dict[str, Any]:
        return {**super()._documents(rows), "with_words": self.dbow_words}


@dataclass(frozen=True, kw_only=True)
class PVDM(ParagraphVectors):
    """The mean of a document and of the words around it predicts a word (PV-DM)."""

    alpha: float = option(0.05, "learning rate at the start", above=0)

    name: ClassVar[str] = "pv-dm"
    cbow: ClassVar[bool] = True


@dataclass(frozen=True)
class Documents:
    """Vectors of words and of the documents that they were trained on, whose keys are their numbers: "0", "1", ...

    `words` has the trained output rows as its context. `infer` gives vectors to other documents, `save` and `load` keep
    all of it in a folder.
    """

    words: KeyedVectors
    documents: KeyedVectors
    trainer: ParagraphVectors
    output: Floats  # [V or inner nodes, D] the rows that predict words

    def infer(self, texts: Iterable[Any], epochs: int = 20) -> Floats:
        """[n, D] vectors of other documents, trained against what was learned, which stays as it is.

        The vector of a text follows from the text alone: not from the others, their order, or the number of threads.
        A text without a word of the vocabulary has zeros. `epochs` more of them make vectors steadier.
        """
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise OptionError(f"epochs must be an integer >= 1; got {epochs!r}")
        trainer = self.trainer
        ids, offsets = _identified(self.words, listed(texts), trainer.threads)
        seeds, sizes = _seeds(ids, offsets, trainer.seed), np.diff(offsets)
        rows = aligned_matrix(len(sizes), trainer.vector_size)
        _random_rows(seeds, trainer.vector_size, rows)
        rows[sizes == 0] = 0
        dim = aligned_matrix(1, trainer.vector_size).strides[0]
        input, output = (_aligned(matrix, dim) for matrix in (self.words.vectors, self.output))
        fixed = trainer._tables(self.words.vocabulary) | trainer._settings() | trainer._documents(rows)
        fixed |= {"input": input, "output": output, "frozen": True, "frozen_input": True}
        if not trainer.cbow:
            fixed["with_words"] = False

        def work(first: int) -> None:
            last = min(first + _SHARE, len(sizes))
            count = last - first
            losses, targets, stop = np.zeros(count), np.zeros(count, np.int64), np.zeros(1, np.int32)
            for epoch in range(epochs):
                alpha = trainer.alpha - (trainer.alpha - min(trainer.alpha, trainer.min_alpha)) * epoch / epochs
                kernel.train(
                    ids=ids, offsets=offsets, chunks=np.arange(first, last + 1), alphas=np.full(count, alpha),
                    seeds=_mixed(seeds[first:last] + np.uint64(epoch)), losses=losses, targets=targets, stop=stop,
                    **fixed,
                )  # fmt: skip

        with ThreadPoolExecutor(trainer.threads, thread_name_prefix="wordvec-infer") as pool:
            for done in [pool.submit(work, first) for first in range(0, len(sizes), _SHARE)]:
                done.result()
        return np.ascontiguousarray(rows)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write `words.safetensors` and `documents.safetensors` into a folder, which is made."""
        if self.trainer.hs:
            raise OptionError("documents must be trained with negative sampling to be saved: the tree of hs has none")
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        self.words.save(path / "words.safetensors")
        self.documents.save(path / "documents.safetensors")

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Documents:
        """What `save` wrote, mapped; FormatError where it is no such folder."""
        words, documents = (load(Path(folder) / f"{name}.safetensors") for name in ("words", "documents"))
        kinds = {kind.name: kind for kind in (PVDBOW, PVDM)}
        kind = kinds.get(str(words.metadata.get("trainer")))
        if kind is None or words.context is None or words.vector_size != documents.vector_size:
            raise FormatError(f"{os.fspath(folder)} must hold words and documents as Documents.save writes them")
        try:
            trainer = kind(**words.metadata["options"])
        except (TypeError, KeyError, OptionError) as error:
            raise FormatError(f"{os.fspath(folder)}: options of the model: {error}") from None
        return cls(words, documents, trainer, words.context)


class Topics:
    """Documents and topics that are given by keywords, in the manner of Lbl2Vec (Schopf, Braun and Matthes 2021).

    The vector of a topic is the mean of those of the documents nearest to the mean of its keywords: at most
    `num_docs` of them, those of a cosine of `threshold` or more, at least one. Words and documents must be in one
    space: of `PVDBOW(dbow_words=True)` or `PVDM`.

    >>> texts = ["the match the team won", "the song of a violin"] * 50
    >>> model = PVDBOW(vector_size=16, min_count=1, dbow_words=True, epochs=20, workers=1).fit(texts)
    >>> topics = Topics(model, {"sport": ["match", "team"], "music": ["song", "violin"]}, num_docs=20)
    >>> topics.classify(texts[:2])
    ['sport', 'music']
    """

    def __init__(
        self,
        model: Documents,
        keywords: Mapping[str, Sequence[str]],
        *,
        num_docs: int = 100,
        threshold: float = -1.0,
    ) -> None:
        if isinstance(model.trainer, PVDBOW) and not model.trainer.dbow_words:
            raise OptionError("words must be trained for topics: use PVDBOW(dbow_words=True) or PVDM")
        if not keywords or num_docs < 1:
            raise OptionError(f"keywords must name topics, and num_docs be at least 1; got {len(keywords)}, {num_docs}")
        self.model, self.names = model, list(keywords)
        units = _units(model.documents.vectors)
        found = []
        for name, given in keywords.items():
            known = [word for word in given if word in model.words]
            if not known:
                raise OptionError(f"topic {name!r} must have a keyword with a vector; none of {list(given)} has one")
            start = _units(np.mean([model.words[word] for word in known], axis=0, keepdims=True))[0]
            cosines = units @ start
            nearest = np.argsort(-cosines, kind="stable")[:num_docs]
            kept = nearest[cosines[nearest] >= threshold]
            found.append(np.asarray(model.documents.vectors)[kept if len(kept) else nearest[:1]].mean(axis=0))
        self.vectors = KeyedVectors(self.names, np.array(found, np.float32))

    def scores(self, texts: Iterable[Any] | None = None) -> Floats:
        """[n, topics] cosines of texts, or of the documents of the model, with topics; 0 for a text without words."""
        vectors = self.model.documents.vectors if texts is None else self.model.infer(texts)
        scores: Floats = _units(vectors) @ _units(self.vectors.vectors).T
        return scores

    def classify(self, texts: Iterable[Any] | None = None) -> list[str]:
        """The nearest topic of each text, or of each document of the model."""
        return [self.names[best] for best in self.scores(texts).argmax(axis=1)]


def _listed(texts: Texts) -> list[Any]:
    """The documents, as a list."""
    if not isinstance(texts, (str, os.PathLike)):
        return listed(texts)
    found = resolve(texts, False)
    assert isinstance(found, Files)
    lines: list[str] = []
    for part in found.inputs:
        with part.open() as stream:
            lines += [line.decode("utf-8", "surrogateescape") for line in stream]
    return lines


@contextmanager
def _corpus_of(texts: Texts, documents: list[Any]) -> Iterator[Any]:
    """What `encode` reads fastest: the file itself, one of all texts, or token lists."""
    if isinstance(texts, (str, os.PathLike)):
        yield texts
    elif not all(isinstance(document, str) for document in documents):
        yield [as_bytes(d).decode("utf-8", "surrogateescape").split() if isinstance(d, str) else d for d in documents]
    else:
        with scratch_folder(None) as folder:
            path = folder / "documents.txt"
            with open(path, "wb") as file:
                file.writelines(as_bytes(document).replace(b"\n", b" ") + b"\n" for document in documents)
            yield path


def _identified(words: KeyedVectors, texts: list[Any], workers: int) -> tuple[NDArray[np.int32], Int64]:
    """Texts as ids of words, unknown ones left out: ids [N] and offsets [texts + 1]."""
    cutter = Cutter(words, "skip")

    def work(first: int) -> list[tuple[NDArray[np.int32], Int64]]:
        last = min(first + _SHARE, len(texts))
        return [(block.words, np.diff(block.ends, prepend=0)) for block in cutter.blocks(texts, first, last)]

    with ThreadPoolExecutor(workers, thread_name_prefix="wordvec-cut") as pool:
        parts = [part for done in pool.map(work, range(0, len(texts), _SHARE)) for part in done]
    ids = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int32)
    sizes = np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.int64)
    return ids.astype(np.int32), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _mixed(x: Uint64) -> Uint64:
    """The finaliser of splitmix64."""
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return x ^ (x >> np.uint64(31))


def _seeds(ids: NDArray[np.int32], offsets: Int64, seed: int) -> Uint64:
    """[documents] a number that follows from the ids of each, and the seed."""
    sizes = np.diff(offsets)
    places = np.arange(len(ids), dtype=np.uint64) - np.repeat(offsets[:-1], sizes).astype(np.uint64)
    mixed = _mixed(ids.astype(np.uint64) + _mixed(places * _MIX[2] + np.uint64(seed)))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    return _mixed(sums[offsets[1:]] - sums[offsets[:-1]])


def _random_rows(seeds: Uint64, size: int, rows: Floats) -> None:
    """Rows uniform in +-0.5 / sqrt(size) that follow from their seeds."""
    steps = np.arange(1, size + 1, dtype=np.uint64) * _MIX[2]
    for first in range(0, len(rows), 4096):
        drawn = _mixed(seeds[first : first + 4096, None] + steps) >> np.uint64(40)
        rows[first : first + 4096] = (drawn / np.float32(2**24) - 0.5) / size**0.5


def _aligned(matrix: Any, stride: int) -> Floats:
    """The matrix itself where its rows are as the kernel wants them, else a copy."""
    array = np.asarray(matrix, np.float32)
    if array.ctypes.data % 64 == 0 and array.strides[0] == stride:
        return array
    copy: Floats = aligned_matrix(len(array), array.shape[1])
    copy[:] = array
    return copy


def _units(vectors: Any) -> Floats:
    rows = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units: Floats = (rows / np.where(lengths > 0, lengths, np.float32(1))).astype(np.float32)
    return units
