"""Sent2Vec (Pagliardini, Gupta and Jaggi 2018): vectors of words and word n-grams, averaged to sentence vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.base.options import option, with_default
from wordvec.corpus import EncodedCorpus
from wordvec.optim.callbacks import Callback
from wordvec.optim.callbacks import listed as listed_callbacks
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.subwords.ngrams import MAX_ROWS, mean_rows
from wordvec.trainers import document_folders as folders
from wordvec.trainers.base import FitOptions, finished
from wordvec.trainers.documents import Remembering, Texts, encoded, identified
from wordvec.trainers.paragraphs import trainer_of
from wordvec.trainers.word2vec import PredictiveTrainer
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import listed

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
_FACTOR = np.uint64(116049371)  # of fastText's hash of word n-grams; applied to word ids here
LONGEST = 1024  # tokens of a sentence: longer means carry no information, and repeated words step too far
_TOKENS = 1 << 20  # hashed in one block
_BLOCK = 1 << 14  # texts encoded in one block


@dataclass(frozen=True, kw_only=True)
class Sent2Vec(PredictiveTrainer):
    """Sent2Vec: the mean of the words and word n-grams of a sentence predicts each word that is left out of it.

    After Pagliardini, Gupta and Jaggi 2018 (NAACL), equation 2, with the exact gradient. Their program also trains a
    placeholder for gaps in n-grams and drops some n-grams at random; this implementation does neither.
    """

    alpha: float = option(0.2, "learning rate at the start", above=0)
    sample: float = option(
        1e-4, "predict words more frequent than this share of the tokens less often; 0: predict all", low=0, high=1
    )
    negative: int = with_default(PredictiveTrainer, "negative", 10)
    word_ngrams: int = option(2, "words in the longest n-gram; 1: no n-grams", low=1, high=5)
    ngram_min_count: int = option(5, "leave out n-grams whose hash occurs fewer times than this", low=1)
    bucket: int = option(2_000_000, "rows that n-grams are hashed to", low=1, high=MAX_ROWS)

    name: ClassVar[str] = "sent2vec"
    cbow: ClassVar[bool] = True
    centres: ClassVar[int] = 4

    def pool(self) -> int:
        """One noise sample for each target, so that a group is one block: three did not improve sentence retrieval."""
        return 8 - self.centres

    def fit(
        self,
        texts: Texts,
        *,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> Sentences:
        """Train on sentences: the lines of a file, texts split at white space, or lists of tokens.

        Sentences of more than 1,024 tokens are split. `checkpoint` is as in `SkipGram.fit`. Raises CorpusError for text
        that leaves no words, TrainingError when training diverges.

        >>> model = Sent2Vec(vector_size=8, min_count=1, workers=1).fit(["red green blue", "one two three"] * 20)
        >>> model.encode(["red blue", "unknown"]).shape
        (2, 8)
        """
        if self.hs:
            raise OptionError("sent2vec must be trained with negative sampling; got hs=True")
        options = FitOptions(None, False, listed_callbacks(callbacks), progress, checkpoints=Checkpoints.of(checkpoint))
        corpus = encoded(texts, longest=LONGEST, progress=progress, **self.reading())
        corpus.check_pairs()
        words = corpus.vocabulary
        buckets, grams = self._grams(corpus)
        rows, inputs = self._random(max(1, len(buckets))), self._inputs(words, FitOptions())
        inputs.arguments.update({"grams": grams, "gram_rows": rows})
        with begun(options.checkpoints, lambda: self.identity(corpus, options)):
            vectors = self._train(corpus, inputs, self._output(words, None), options)
        finished(vectors)
        return Sentences(vectors, buckets, rows[: len(buckets)], self)

    def _grams(self, corpus: EncodedCorpus) -> tuple[Int32, Int32]:
        """(buckets [P] that have a row, [word_ngrams - 1, N] the row of the n-gram at each token, or -1)."""
        grams = np.empty((self.word_ngrams - 1, len(corpus.ids)), np.int32)
        counts, chunks = np.zeros(self.bucket, np.int64), corpus.chunks(_TOKENS).tolist()
        parts = []
        for first, last in pairwise(chunks):  # in blocks: hashing takes several 64-bit numbers for each token
            offsets = corpus.offsets[first : last + 1]
            part = slice(int(offsets[0]), int(offsets[-1]))
            parts.append(part)
            for k in range(len(grams)):
                grams[k, part] = _hashes(corpus.ids[part], offsets - offsets[0], k + 2, self.bucket)
                counts += np.bincount(grams[k, part][grams[k, part] >= 0], minlength=self.bucket)
        buckets = np.flatnonzero(counts >= self.ngram_min_count).astype(np.int32)
        places = np.full(self.bucket + 1, -1, np.int32)
        places[buckets] = np.arange(len(buckets), dtype=np.int32)
        for part in parts:
            grams[:, part] = places[grams[:, part]]  # -1 is the last place, which stays -1
        return buckets, grams


@dataclass(frozen=True)
class Sentences(Remembering):
    """A trained Sent2Vec model: vectors of words and word n-grams; `encode` averages those of a text."""

    words: KeyedVectors
    buckets: Int32  # [P] rising, the hash of each row of `ngrams`
    ngrams: Floats  # [P, D]
    trainer: Sent2Vec

    def encode(self, texts: Iterable[Any]) -> Floats:
        """[n, D] float32: the mean of the rows of the words and n-grams of each text; zeros where no word is known."""
        items, trainer, table = listed(texts), self.trainer, self._table
        out = np.empty((len(items), table.shape[1]), np.float32)
        for first in range(0, len(items), _BLOCK):
            part = out[first : first + _BLOCK]
            ids, offsets = identified(self.words, items[first : first + _BLOCK], trainer.threads)
            sizes, rows = np.repeat(np.arange(len(part)), np.diff(offsets)), [ids]
            owners = [sizes]
            for order in range(2, trainer.word_ngrams + 1):
                hashes = _hashes(ids, offsets, order, trainer.bucket)
                at = np.searchsorted(self.buckets, hashes)
                known = (at < len(self.buckets)) & (hashes >= 0)
                known[known] = self.buckets[at[known]] == hashes[known]
                rows.append((len(self.words) + at[known]).astype(np.int32))
                owners.append(sizes[known])
            order_of = np.argsort(np.concatenate(owners), kind="stable")
            counts = np.bincount(np.concatenate(owners), minlength=len(part))
            indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            mean_rows(table, indptr, np.concatenate(rows)[order_of], part, workers=trainer.threads)
        return out

    @cached_property
    def _table(self) -> Floats:
        """The rows of words, then those of n-grams."""
        return np.concatenate([np.asarray(self.words.vectors), self.ngrams])

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write `words.safetensors` and `ngrams.safetensors` to a folder, which replaces an older one."""
        ngrams = KeyedVectors(list(map(str, self.buckets.tolist())), self.ngrams)
        folders.save(folder, {"words": self.words, "ngrams": ngrams})

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Sentences:
        """Open a folder that `save` wrote, memory-mapped; FormatError for any other folder."""
        words, ngrams = (folders.part(folder, name) for name in ("words", "ngrams"))
        try:
            if words.metadata.get("trainer") != Sent2Vec.name or words.vector_size != ngrams.vector_size:
                raise ValueError("they are of something else")
            trainer = trainer_of(words, Sent2Vec, folder)
            buckets = np.array([int(word) for word in ngrams.index_to_key], np.int32)
            unsorted = len(buckets) and (buckets[0] < 0 or (buckets[1:] <= buckets[:-1]).any())
            if unsorted or ngrams.rows.row_of is not None:
                raise ValueError("the numbers of n-grams must rise, each with its own row")
        except (ValueError, OverflowError) as error:
            raise FormatError(
                f"{os.fspath(folder)} must hold words and n-grams as Sentences.save writes them: {error}"
            ) from None
        return cls(words, buckets, np.asarray(ngrams.vectors), trainer)


def _hashes(ids: Int32, offsets: Int64, order: int, bucket: int) -> Int64:
    """[N] the hash of the n-gram of `order` words that starts at each token, -1 where the sentence ends before."""
    left = np.repeat(offsets[1:], np.diff(offsets)) - np.arange(len(ids))  # tokens from here to the end of the sentence
    numbers = ids.astype(np.uint64)
    hashes = numbers.copy()
    for k in range(1, order):
        hashes *= _FACTOR
        hashes[:-k] += numbers[k:]
    return np.where(left >= order, (hashes % np.uint64(bucket)).astype(np.int64), -1)
