"""The parts of a fastText model: features, both matrices, labels, options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.classify import TextClassifier
from wordvec.classify.fasttext_reader import Parts, classifier_parts
from wordvec.classify.fasttext_writer import bucket_rows
from wordvec.classify.features import Features
from wordvec.classify.quantised import QuantisedRows
from wordvec.fasttext.options import Args, args_of_file, model_name
from wordvec.formats.fasttext import _own_rows
from wordvec.subwords.ngrams import NGramHash, mean_rows, ngram_strings, word_rows
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import packed

Floats = NDArray[np.float32]
_BLOCK = 1 << 16  # words composed at a time


@dataclass(frozen=True, eq=False)
class Rows:
    """The parts of a model; `classifier` is set for supervised ones."""

    args: Args
    features: Features
    labels: list[tuple[str, int]]  # with their prefix, and their counts
    input: Any  # [R, D] of words, then of the buckets that have rows: float32, or quantised
    output: Any  # [K, D] of labels or words: float32, or quantised
    classifier: TextClassifier | None = None
    tokens: int | None = None

    @classmethod
    def of_parts(cls, parts: Parts, path: str) -> Rows:
        """The parts of a file."""
        args = args_of_file(parts.layout.arguments, parts.features.label_prefix)
        labels = list(zip(parts.dictionary.labels, parts.dictionary.label_counts.tolist()))
        classifier = TextClassifier.of(classifier_parts(parts, path)) if parts.model == "supervised" else None
        return cls(args, parts.features, labels, parts.input, parts.output, classifier, parts.dictionary.tokens)

    @classmethod
    def of_classifier(cls, classifier: TextClassifier, args: Args) -> Rows:
        """The parts of a trained classifier."""
        features, labels, input, output = classifier._parts
        assert labels.counts is not None
        names = [classifier.options.label_prefix + label for label in labels]
        return cls(args, features, list(zip(names, labels.counts.tolist())), input, output, classifier)

    @classmethod
    def of_vectors(cls, vectors: KeyedVectors, args: Args) -> Rows:
        """The parts of trained vectors: the own row of a word is recovered from its vector, a mean with n-gram rows."""
        words, subwords, dim = vectors.vocabulary, vectors.subwords, vectors.vector_size
        if subwords is None:
            features = Features(words, label_prefix=args.label)
            input: Floats = np.asarray(vectors.vectors, np.float32)
        else:
            pairs = subwords.tensors()["pruned"]
            features = Features(
                words,
                subwords.bucket,
                args.minn,
                args.maxn,
                label_prefix=args.label,
                kept=np.ascontiguousarray(pairs[:, 0], np.int32),
            )
            input = np.zeros((features.rows, dim), np.float32)
            for first, block in vectors.blocks():
                input[first : first + len(block)] = _own_rows(vectors, subwords, first, block)
            input[len(words) : len(words) + len(pairs)] = subwords.table[pairs[:, 1]]
        output = vectors.context
        if output is None:
            output = np.broadcast_to(np.float32(0), (len(words), dim))
        return cls(args, features, [], input, output)

    def with_matrices(self, features: Features, input: Floats, output: Floats) -> Rows:
        """A copy with other matrices, with rows for all buckets."""
        args, classifier = replace(self.args, dim=input.shape[1]), self.classifier
        if classifier is not None:
            options = replace(classifier.options, vector_size=input.shape[1])
            parts = replace(classifier.parts, options=options, features=features, input=input, output=output)
            classifier = TextClassifier.of(parts)
        return replace(self, args=args, features=features, input=input, output=output, classifier=classifier)

    def with_coded_output(self, seed: int) -> Rows:
        """A copy with quantised output rows; the classifier has them decoded."""
        assert self.classifier is not None
        output = self.classifier.output
        coded = QuantisedRows.encode(output, min(2, output.shape[1]), seed)
        classifier = TextClassifier.of(replace(self.classifier.parts, output=coded[:]))
        return replace(self, output=coded, classifier=classifier)

    @property
    def supervised(self) -> bool:
        """Whether there are labels to predict."""
        return self.args.model == model_name.supervised

    @property
    def quantised(self) -> bool:
        """Whether rows are quantised."""
        return isinstance(self.input, QuantisedRows)

    def compose(self, words: Sequence[str]) -> Floats:
        """[n, D] the vectors of words: the means of their own rows and those of their n-grams, or zeros."""
        data, offsets = packed(words)
        starts, rows, _ = self.features.types(data, offsets)
        table, out = self.input, np.empty((len(words), self.input.shape[1]), np.float32)
        if not isinstance(table, np.ndarray):
            wanted, places = np.unique(rows, return_inverse=True)
            table, rows = table[wanted], places.astype(np.int32)
        mean_rows(table, starts, rows, out)
        return out

    @cached_property
    def unit(self) -> Floats:
        """[V, D] the vectors of all words at length 1, those of zeros as they are: made when first asked for."""
        words = list(self.features.words)
        out = np.empty((len(words), self.input.shape[1]), np.float32)
        for first in range(0, len(words), _BLOCK):
            block = self.compose(words[first : first + _BLOCK])
            norms = np.sqrt(np.einsum("ij,ij->i", block, block))[:, None]
            out[first : first + len(block)] = np.divide(block, norms, out=block, where=norms > 0)
        return out

    def ngrams(self, word: str) -> tuple[list[str], NDArray[np.int64]]:
        """(the word itself where it has a row, then its n-grams; their rows as fastText counts them)."""
        features, size = self.features, len(self.features.words)
        own = features.words.get(word, -1)
        strings, rows = ([word], [own]) if own >= 0 else ([], [])
        if features.max_n and word != "</s>":
            data, offsets = packed([word])
            low = max(1, features.min_n)
            _, grams, ends = ngram_strings(data, offsets, low, features.max_n, False)
            found = ends.tolist()
            strings = strings + [grams[a:b].tobytes().decode("utf-8", "surrogateescape") for a, b in pairwise(found)]
            hashed = word_rows(data, offsets, NGramHash("fasttext", low, features.max_n, features.bucket))[1]
            places = hashed.astype(np.int64)
            if features.pruned:
                places = np.searchsorted(self._kept, hashed)[np.isin(hashed, self._kept)]
            rows = rows + (size + places).tolist()
        return strings, np.array(rows, np.int64)

    @property
    def _kept(self) -> NDArray[np.int32]:
        kept = self.features.kept
        return np.empty(0, np.int32) if kept is None else kept

    def row(self, number: int) -> Floats:
        """The row of the input matrix that has this number in fastText."""
        words, total = len(self.features.words), self.size
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or not 0 <= number < total:
            raise OptionError(f"a row of the input matrix must be a number from 0 to {total - 1}; got {number!r}")
        if number < words or self.features.pruned:
            own: Floats = np.array(self.input[np.array([number])][0])
            return own
        hashed: Floats = bucket_rows(self.features, self.input, np.array([number - words]))[0]
        return hashed

    @property
    def size(self) -> int:
        """The rows of the input matrix in fastText: a pruned one has only those that are left."""
        features = self.features
        return len(features.words) + (len(self._kept) if features.pruned else features.bucket)

    def matrix(self) -> Floats:
        """[size, D] the input matrix as fastText has it, with zeros for n-grams that did not occur; a copy."""
        words, buckets = len(self.features.words), self.features.bucket
        out = np.empty((words + buckets, self.input.shape[1]), np.float32)
        out[:words] = self.input[:words]
        for first in range(0, buckets, _BLOCK):
            some = np.arange(first, min(first + _BLOCK, buckets))
            out[words + first : words + first + len(some)] = bucket_rows(self.features, self.input, some)
        return out
