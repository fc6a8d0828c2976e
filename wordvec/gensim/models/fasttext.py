"""gensim.models.fasttext: FastText, its vectors, and the files of Facebook's fastText."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.formats import load, write
from wordvec.gensim.errors import NotDone, refuse
from wordvec.gensim.models.keyedvectors import KeyedVectors
from wordvec.gensim.models.word2vec import MAX_WORDS_IN_BATCH, Word2Vec
from wordvec.gensim.training import Model
from wordvec.optim.descent import aligned_matrix
from wordvec.subwords import PrunedNGrams, Subwords
from wordvec.subwords.ngrams import mean_rows
from wordvec.trainers import FastText as Ngrams
from wordvec.trainers.word2vec import Word2Vec as Trainer
from wordvec.vectors.files import checked_path
from wordvec.vectors.word2vec import decoded


class FastTextKeyedVectors(KeyedVectors):
    """Vectors of words and of their n-grams, which compose unknown words; `word in kv` asks for a vector, as in gensim.

    `vectors_ngrams` and `vectors_vocab` are computed when they are asked for: n-grams that were never seen have zeros.
    """

    def __init__(self, vector_size: Any, *arguments: Any, **options: Any) -> None:
        lengths = {name: options.pop(name, None) for name in ("min_n", "max_n", "bucket")}
        if isinstance(vector_size, (int, np.integer)):  # gensim's order: vector_size, min_n, max_n, bucket
            given = dict(zip(lengths, arguments))
            self._lengths = {name: given.get(name, value) for name, value in lengths.items()}
            arguments = ()
        super().__init__(vector_size, *arguments, **options)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.can_embed(word)

    def _length(self, name: str) -> Any:
        return getattr(self._subwords, name) if self._subwords is not None else self._lengths[name]

    @property
    def min_n(self) -> int:
        """Characters of the shortest n-gram."""
        return int(self._length("min_n"))

    @property
    def max_n(self) -> int:
        """Characters of the longest n-gram."""
        return int(self._length("max_n"))

    @property
    def bucket(self) -> int:
        """Rows on which the hashes of n-grams fall."""
        return int(self._length("bucket"))

    @property
    def compatible_hash(self) -> bool:
        """Whether n-grams are found by fastText's hash: not in files of gensim before 3.8."""
        return self._subwords is None or self._subwords.kind == "fasttext"

    def _embed_unknown(self, word: str) -> Any:
        if self._subwords is None or not isinstance(word, str) or self.can_embed(word):
            return super()._embed_unknown(word)
        return np.zeros(self.vector_size, np.float32)  # gensim's answer where there is no n-gram, as of ""

    @property
    def vectors_ngrams(self) -> NDArray[np.float32]:
        """[bucket, D] the rows of n-grams."""
        if self._subwords is None:
            return np.zeros((0, self.vector_size), np.float32)
        return self._subwords.rows_of(np.arange(self._subwords.bucket, dtype=np.int32))

    @property
    def vectors_vocab(self) -> NDArray[np.float32]:
        """[V, D] the rows of words, without those of their n-grams."""
        vectors, words = np.asarray(self.vectors), self.vocabulary
        if self._subwords is None:
            return vectors
        starts, rows = self._subwords.rows(words.data, words.offsets)
        means, counts = np.empty(vectors.shape, np.float32), np.diff(starts)[:, None].astype(np.float32)
        mean_rows(np.asarray(self._subwords.table, np.float32), starts, rows, means)
        return vectors * (counts + 1) - means * counts

    @property
    def vectors_vocab_lockf(self) -> NDArray[np.float32]:
        """Ones: rows are not locked one by one."""
        return np.ones(1, np.float32)

    vectors_ngrams_lockf = vectors_vocab_lockf

    def get_sentence_vector(self, sentence: Sequence[str]) -> Any:
        """The mean of the vectors of words, each of length 1."""
        return self.get_mean_vector(sentence)


class FastText(Word2Vec):
    """gensim's FastText: words are the means of their own rows and of those of their n-grams, also unknown ones.

    Arguments are as of `Word2Vec`, and of n-grams; word_ngrams must be 1. With `max_n` below `min_n` there are none.

    >>> model = FastText([["red", "green"], ["one", "two"]] * 20, vector_size=8, min_count=1, bucket=100, workers=1)
    >>> model.wv["greenish"].shape, "greenish" in model.wv, "greenish" in model.wv.key_to_index
    ((8,), True, False)
    """

    vectors_class = FastTextKeyedVectors
    loadable = (*Word2Vec.loadable, "min_n", "max_n", "bucket")

    def __init__(
        self,
        sentences: Any = None,
        corpus_file: Any = None,
        sg: int = 0,
        hs: int = 0,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        word_ngrams: int = 1,
        sample: float = 1e-3,
        seed: int = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Any = hash,
        epochs: int = 5,
        null_word: int = 0,
        min_n: int = 3,
        max_n: int = 6,
        sorted_vocab: int = 1,
        bucket: int = 2_000_000,
        trim_rule: Any = None,
        batch_words: int = MAX_WORDS_IN_BATCH,
        callbacks: Any = (),
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
    ) -> None:
        refuse(word_ngrams=(word_ngrams, 1, "n-grams of words are rows of wordvec.Sent2Vec"))
        self._take(
            sg=sg,
            hs=hs,
            vector_size=vector_size,
            alpha=alpha,
            window=window,
            min_count=min_count,
            max_vocab_size=max_vocab_size,
            sample=sample,
            seed=seed,
            workers=workers,
            min_alpha=min_alpha,
            negative=negative,
            ns_exponent=ns_exponent,
            cbow_mean=cbow_mean,
            epochs=epochs,
            min_n=min_n,
            max_n=max_n,
            sorted_vocab=sorted_vocab,
            bucket=bucket,
            max_final_vocab=max_final_vocab,
            shrink_windows=shrink_windows,
        )
        self.compute_loss = False
        self._begin(sentences, corpus_file, trim_rule, callbacks)

    min_n: int
    max_n: int
    bucket: int

    def _trainer(self, **changed: Any) -> Trainer:
        most = self.max_n if self.max_n >= max(1, self.min_n) and self.bucket else 0
        ngrams: dict[str, Any] = {"min_n": self.min_n, "max_n": most, "bucket": max(1, self.bucket)}
        return Ngrams(sg=bool(self.sg), **ngrams, **self._shared(**changed))

    def _lock(self, inputs: Any, locks: NDArray[np.float64]) -> None:
        Model._lock(self, inputs, locks)

    def _empty(self) -> KeyedVectors:
        return FastTextKeyedVectors(self.vector_size, self.min_n, self.max_n, self.bucket)

    def _made(self, vectors: Any) -> KeyedVectors:
        """The vectors, with the rows of n-grams that were known before and not met since."""
        old, new = getattr(self, "wv", None), vectors.subwords
        before = None if old is None else old.subwords
        made = super()._made(vectors)
        if before is not None and new is not None and before is not new:
            made._subwords = _joined(before, new)
        made.__dict__["_lengths"] = {"min_n": self.min_n, "max_n": self.max_n, "bucket": self.bucket}
        return made


def _joined(old: Subwords, new: Subwords) -> Subwords:
    """The rows of the new table, and those of the old one for n-grams that the new one lacks."""
    pairs, bucket = new.tensors().get("pruned"), new.bucket
    same = all(getattr(old, name) == getattr(new, name) for name in ("kind", "min_n", "max_n", "bucket"))
    if pairs is None or not same:
        return new
    had = old.tensors().get("pruned")
    known = np.arange(bucket, dtype=np.int32) if had is None else had[:, 0]
    more = np.setdiff1d(known, pairs[:, 0]).astype(np.int32)
    if not len(more):
        return new
    rows, size = new.table[:-1], new.vector_size  # the last row is zeros
    table = aligned_matrix(len(rows) + len(more) + 1, size)
    table[: len(rows)] = rows
    table[len(rows) : -1] = old.rows_of(more)
    added = np.stack([more, np.arange(len(rows), len(rows) + len(more), dtype=np.int32)], axis=1)
    lengths: dict[str, Any] = {"min_n": new.min_n, "max_n": new.max_n, "bucket": bucket}
    return PrunedNGrams(new.kind, table, np.concatenate([pairs, added]), **lengths, zeros=True)


def load_facebook_vectors(path: str | os.PathLike[str], encoding: str = "utf-8") -> Any:
    """The vectors of a fastText .bin file, of words and n-grams, in memory; NotDone for a model of labels."""
    vectors = load(path, format="fasttext", mmap=False)
    if vectors.metadata.get("labels"):
        raise NotDone(f"{path}: it is a model of labels: wordvec.classify.load opens it, wordvec.load its word vectors")
    return FastTextKeyedVectors.of(decoded(vectors, encoding, "strict"))


def load_facebook_model(path: str | os.PathLike[str], encoding: str = "utf-8") -> FastText:
    """A model with the vectors and options of a fastText .bin file; without output rows in it, these start at zeros."""
    vectors = load_facebook_vectors(path, encoding)
    options = {**vectors.metadata.get("options", {}), **vectors.metadata.get("source", {})}
    known = {name: options[name] for name in FastText.loadable if name in options}
    subwords = vectors.subwords
    if options.get("loss") in ("hs", "hierarchical softmax"):
        known |= {"hs": 1, "negative": 0}
    if subwords is not None:
        known |= {"min_n": subwords.min_n, "max_n": subwords.max_n, "bucket": subwords.bucket}
    is_skipgram = options.get("sg", options.get("model") in ("sg", "skipgram"))
    known |= {"sg": int(is_skipgram), "vector_size": vectors.vector_size}
    model = FastText(**known)
    model.wv = model._made(vectors)
    shape = len(vectors), vectors.vector_size
    if model.negative:
        model._outputs.negative = aligned_matrix(*shape)
        if vectors.context is not None and vectors.context.shape == shape:
            model._outputs.negative[:] = vectors.context
    if model.hs:
        model._outputs.tree = aligned_matrix(*shape)
    return model


def save_facebook_model(model: FastText, path: str | os.PathLike[str], encoding: str = "utf-8") -> None:
    """Write the vectors of a model as fastText's .bin."""
    if encoding.lower().replace("-", "") != "utf8":
        raise OptionError(f"encoding must be utf-8, which fastText reads; got {encoding!r}")
    write(model.wv, checked_path(path), "fasttext", stacklevel=3)
