"""Lookups of words, labels and rows of a fastText model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.corpus.sentences import TOKENS
from wordvec.fasttext.rows import Rows
from wordvec.fasttext.tokens import checked_line, decoded, first_sentence

Floats = NDArray[np.float32]


class Words:
    """The lookups of a model; the rest is in `FastText._FastText`."""

    def __init__(self) -> None:
        self._rows_: Rows | None = None
        self._words: list[str] | None = None
        self._labels: list[str] | None = None

    def _take(self, rows: Rows) -> None:
        self._rows_, self._words, self._labels = rows, None, None

    @property
    def _rows(self) -> Rows:
        if self._rows_ is None:
            raise OptionError("a model must be trained or loaded before it is used; this one is empty: use load_model")
        return self._rows_

    def is_quantized(self) -> bool:
        """Whether rows are product-quantised."""
        return self._rows.quantised

    def get_dimension(self) -> int:
        """The number of dimensions."""
        return int(self._rows.input.shape[1])

    def get_word_vector(self, word: str) -> Floats:
        """[dim] the mean of the rows of a word and its n-grams; zeros where it has none."""
        _checked_word(word)
        vector: Floats = self._rows.compose([word])[0]
        return vector

    def get_sentence_vector(self, text: str) -> Floats:
        """[dim] of a line: of a supervised model the mean of its rows, else the mean of its words at length 1."""
        line, rows = checked_line(text, "get_sentence_vector"), self._rows
        if rows.classifier is not None:
            vector: Floats = rows.classifier.transform([first_sentence(line)])[0]
            return vector
        words = TOKENS.findall(text)
        if not words:
            return np.zeros(self.get_dimension(), np.float32)
        vectors = rows.compose(words)
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        some = norms > 0
        if not some.any():
            return np.zeros(self.get_dimension(), np.float32)
        mean: Floats = (vectors[some] / norms[some, None]).sum(axis=0, dtype=np.float32) / np.float32(some.sum())
        return mean

    def get_nearest_neighbors(
        self, word: str, k: int = 10, on_unicode_error: str = "strict"
    ) -> list[tuple[float, str]]:
        """The `k` nearest words of the model but the word itself, with their cosines, falling."""
        return self._near(self.get_word_vector(word), {word}, k, on_unicode_error)

    def get_analogies(
        self, wordA: str, wordB: str, wordC: str, k: int = 10, on_unicode_error: str = "strict"
    ) -> list[tuple[float, str]]:
        """The words nearest to A - B + C, each at length 1, but for these three."""
        query = np.zeros(self.get_dimension(), np.float32)
        for word, sign in ((wordA, 1), (wordB, -1), (wordC, 1)):
            vector = self.get_word_vector(word)
            query += np.float32(sign / (float(np.sqrt(vector @ vector)) + 1e-8)) * vector
        return self._near(query, {wordA, wordB, wordC}, k, on_unicode_error)

    def _near(self, query: Floats, without: set[str], k: int, on_unicode_error: str) -> list[tuple[float, str]]:
        checked_count(k)
        rows, norm = self._rows, float(np.sqrt(query @ query))
        scores = rows.unit @ query / np.float32(norm if norm >= 1e-8 else 1)
        out = rows.features.words.ids(without)
        scores[out[out >= 0]] = -np.inf
        count = min(k, len(scores) - int((out >= 0).sum()))
        few = np.argpartition(-scores, count - 1)[:count] if 0 < count < len(scores) else np.arange(len(scores))
        best = few[np.argsort(-scores[few], kind="stable")][:count].tolist()
        names = decoded([rows.features.words[place] for place in best], on_unicode_error)
        return list(zip(scores[best].tolist(), names))

    def get_word_id(self, word: str) -> int:
        """The row of a word, or -1."""
        _checked_word(word)
        return int(self._rows.features.words.get(word, -1))

    def get_label_id(self, label: str) -> int:
        """The number of a label, with its prefix or without it, or -1."""
        names = [name for name, _ in self._rows.labels]
        label = label if label in names else self._rows.features.label_prefix + str(label)
        return names.index(label) if label in names else -1

    def get_subword_id(self, subword: str) -> int:
        """The row of the input matrix that an n-gram is hashed to."""
        _checked_word(subword)
        features = self._rows.features
        if not features.bucket:
            raise OptionError("n-grams must have rows for one to be asked for; this model was trained without any")
        return len(features.words) + _hash(subword) % features.bucket

    def get_subwords(self, word: str, on_unicode_error: str = "strict") -> tuple[list[str], NDArray[np.int64]]:
        """(the word, where it is known, and its n-grams; their rows of the input matrix)."""
        _checked_word(word)
        strings, rows = self._rows.ngrams(word)
        return decoded(strings, on_unicode_error), rows

    def get_input_vector(self, ind: int) -> Floats:
        """[dim] a row of the input matrix."""
        return self._rows.row(ind)

    def get_input_matrix(self) -> Floats:
        """[words + bucket, dim] the rows of words and n-grams, a copy; OptionError where the model is quantised."""
        return self._dense().matrix()

    def get_output_matrix(self) -> Floats:
        """[labels or words, dim] a copy; OptionError where the model is quantised."""
        return np.array(self._dense().output)

    def _dense(self) -> Rows:
        if self._rows.quantised:
            raise OptionError("a model must not be quantized for its matrices to be had; this one is")
        return self._rows

    def set_matrices(self, input_matrix: Any, output_matrix: Any) -> None:
        """Take other matrices, with as many rows as those that get_input_matrix and get_output_matrix give."""
        rows = self._dense()
        given = [np.array(matrix, np.float32, order="C") for matrix in (input_matrix, output_matrix)]
        wanted = [rows.size, len(rows.output)]
        if any(matrix.ndim != 2 for matrix in given) or [len(matrix) for matrix in given] != wanted:
            raise OptionError(
                f"the matrices must have {wanted[0]} and {wanted[1]} rows; got the shapes "
                f"{' and '.join(str(matrix.shape) for matrix in given)}"
            )
        if given[0].shape[1] != given[1].shape[1]:
            raise OptionError(f"both matrices must have rows of as many numbers; got {given[0].shape[1]} and others")
        features = replace(rows.features, kept=None)
        self._take(rows.with_matrices(features, given[0], given[1]))

    def get_words(self, include_freq: bool = False, on_unicode_error: str = "strict") -> Any:
        """The words; with `include_freq` (words, their counts)."""
        words = self._rows.features.words
        names = decoded(list(words), on_unicode_error)
        if not include_freq:
            return names
        return names, np.array(np.zeros(len(names)) if words.counts is None else words.counts, np.int64)

    def get_labels(self, include_freq: bool = False, on_unicode_error: str = "strict") -> Any:
        """The labels, with their prefix; with `include_freq` (labels, their counts). Of other models, the words."""
        if not self._rows.supervised:
            return self.get_words(include_freq, on_unicode_error)
        names = decoded([name for name, _ in self._rows.labels], on_unicode_error)
        return (names, np.array([count for _, count in self._rows.labels], np.int64)) if include_freq else names

    @property
    def words(self) -> list[str]:
        """The words of the model."""
        if self._words is None:
            self._words = self.get_words()
        return self._words

    @property
    def labels(self) -> list[str]:
        """The labels, with their prefix; of other models the words."""
        if self._labels is None:
            self._labels = self.get_labels()
        return self._labels

    def __getitem__(self, word: str) -> Floats:
        return self.get_word_vector(word)

    def __contains__(self, word: object) -> bool:
        return word in self._rows.features.words


def _hash(text: str) -> int:
    """FNV-1a of 32 bits over sign-extended bytes."""
    value = 2166136261
    for byte in text.encode("utf-8", "surrogateescape"):
        value = ((value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return value


def _checked_word(word: object) -> None:
    if not isinstance(word, str):
        raise OptionError(f"a word must be a str; got a {type(word).__name__} ({word!r:.40})")


def checked_count(k: Any, all_of: int | None = None) -> int:
    """The number of answers: at least 1, or -1 for all where allowed."""
    whole = isinstance(k, (int, np.integer)) and not isinstance(k, bool)
    if whole and k == -1 and all_of is not None:
        return all_of
    if not whole or k < 1:
        more = " or -1, for all labels" if all_of is not None else ""
        raise OptionError(f"k must be an integer >= 1{more}; got {k!r}")
    return int(k) if all_of is None else min(int(k), all_of)
