"""The form-context model (Schick and Schuetze 2019): vectors from the n-grams of words and their contexts, gated."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec import store
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import CorpusError, FormatError, OptionError
from wordvec.base.logs import LOG
from wordvec.base.options import option, with_default
from wordvec.contexts.means import Text, of_corpus
from wordvec.contexts.options import Induction
from wordvec.contexts.regression import fitted, often
from wordvec.induction.mimicking import Gated, Ragged, mimicked, pools_of
from wordvec.induction.new_words import Floats, Inducer, Mask, NewWords, encoded_corpus
from wordvec.subwords import ExplicitNGrams, Subwords, open_subwords
from wordvec.subwords.ngrams import check_lengths, listed_rows, ngram_strings
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import unprefixed
from wordvec.vocabulary import Vocabulary

KIND = "wordvec-form-context"
BLOCK = 4096


@dataclass(frozen=True, kw_only=True)
class FormContextOptions(Induction):
    """Options of the form-context model, and those of all methods."""

    method: Literal["form-context"] = with_default(Induction, "method", "form-context")
    gate: Literal["gated", "single"] = option(
        "gated", "weight of the contexts against the form: gated: by both of them; single: the same for all words"
    )
    min_n: int = option(3, "characters of the shortest n-grams; < and > mark the ends of a word", low=1)
    max_n: int = option(5, "characters of the longest", low=1)
    ngram_min_count: int = option(4, "leave out n-grams of fewer words", low=1)
    most_contexts: int = option(64, "the model learns from 1 to so many contexts of a word at a time", low=1, high=1000)
    alone: float = option(
        0.1, "share of the examples with the form alone, and of those with the contexts alone", low=0, high=0.5
    )
    epochs: int = option(10, "passes over the words that are mimicked", low=1)
    alpha: float = option(
        0.03, "learning rate of Adam, in root mean squares of the vectors' numbers; it falls linearly to 0", above=0
    )
    batch: int = option(64, "words of a step", low=1)
    seed: int = option(1, "of the contexts that are drawn, and of the order of the words", low=0)


@dataclass(frozen=True, eq=False)
class FormContext(Inducer):
    """Vectors, and a model that makes the vector of a word from its n-grams (the form) and from its contexts.

    The form part is the mean of the vectors of the word's n-grams, f; the context part is a matrix A times the mean of
    the vectors of its context words, c. The vector is a A c + (1 - a) f, where a = s(w [c; f] + b) is a gate. A word
    without contexts has the vector f, one without a known n-gram A c. `fit` learns all of it by mimicking the vectors
    of frequent words. Schick and Schuetze, "Learning Semantic Representations for Novel Words: Leveraging Both Form and
    Context", AAAI 2019; the form alone is after Pinter, Guthrie and Eisenstein, "Mimicking Word Embeddings using
    Subword RNNs", EMNLP 2017, with n-grams in the place of a network.

    >>> import numpy as np
    >>> names = Vocabulary.from_words(["<un"])
    >>> forms = ExplicitNGrams(np.ones((1, 2), np.float32), names, min_n=3, max_n=3)
    >>> kv = KeyedVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    >>> model = FormContext(kv, forms, np.eye(2), np.zeros(5), FormContextOptions())
    >>> model.induce(contexts={"undo": [["a", "undo"]], "do": [["a", "do"]]}).vectors.tolist()
    [[1.0, 0.5], [1.0, 0.0]]
    """

    vectors: KeyedVectors
    subwords: Subwords  # the form part
    matrix: NDArray[np.float64]  # [D, D] of the context part
    gate: NDArray[np.float64]  # [2 D + 1] w and b; w is zero for a single gate
    options: FormContextOptions
    words: int = 0  # known words that were mimicked
    loss: tuple[float, ...] = ()  # of each epoch: mean squared distance to the vectors, as a share of their lengths

    @classmethod
    def fit(
        cls,
        vectors: KeyedVectors,
        corpus: Any = None,
        *,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> FormContext:
        """Learn n-grams, matrix and gate from the words of `vectors` that occur `fit_min_count` times in a corpus.

        `corpus`, `tokenizer` and `cache` are as in `wordvec.encode_corpus`, the options those of `FormContextOptions`.
        The matrix starts as that of A La Carte. Without a corpus the form is learned alone, from the words with such
        counts in `vectors`, or from all where they have no counts. Where few words are frequent, the most frequent ones
        are taken, twice as many as there are dimensions. One seed gives the same bytes for any number of workers.
        CorpusError where no known word has a context, or none has an n-gram.
        """
        check_vectors(vectors=vectors)
        chosen = FormContextOptions(**options)
        check_lengths(chosen.min_n, chosen.max_n)
        size = vectors.vector_size
        matrix, pools, rows = np.zeros((size, size)), None, _frequent(vectors, chosen)
        if corpus is not None:
            sentences = of_corpus(vectors, encoded_corpus(corpus, chosen, tokenizer, cache), chosen)
            matrix, ids = (result := fitted(vectors, sentences, chosen)).matrix, result.ids
            target = np.full(len(sentences.rows), -1, np.int32)
            target[ids] = np.arange(len(ids), dtype=np.int32)
            rows = sentences.rows[ids].astype(np.int64)
            pools = pools_of(Text(sentences, target, False), sentences.counts[ids], len(vectors), chosen)
        words = vectors.vocabulary.take(rows)
        names = _ngrams(words, chosen)
        if not len(names) and pools is None:
            raise CorpusError(
                f"{chosen.ngram_min_count} words or more must share an n-gram of {chosen.min_n} to {chosen.max_n} "
                f"characters; none of {len(words):,} words do: give more words, or a lower ngram_min_count"
            )
        shortest, longest = chosen.min_n, chosen.max_n
        indptr, places = listed_rows(words.data, words.offsets, shortest, longest, names)
        ngrams = Ragged(places.astype(np.int32), indptr[:-1], np.diff(indptr))
        gated, losses = mimicked(vectors, rows, ngrams, len(names), pools, matrix, chosen)
        LOG.info("form-context: mimicked %s words; loss %.3f to %.3f", f"{len(rows):,}", losses[0], losses[-1])
        gate = np.append(gated.weights, gated.bias).astype(np.float64)
        forms = ExplicitNGrams(gated.table, names, min_n=shortest, max_n=longest)
        return cls(vectors, forms, gated.matrix.astype(np.float64), gate, chosen, len(rows), losses)

    def made(self, new: NewWords) -> tuple[Floats, Mask]:
        """The form, the context, or both, weighed by the gate."""
        forms, has_form = self.subwords.compose(list(new.words) if new.spelled is None else new.spelled)
        parts = (self.matrix, self.gate[:-1], self.gate[-1])
        gated = Gated(np.empty((0, 0), np.float32), *(np.asarray(part, np.float32) for part in parts))
        rows = np.empty_like(forms)
        for first in range(0, len(rows), BLOCK):
            part = slice(first, first + BLOCK)
            seen = new.seen
            rows[part] = gated.forward(forms[part], has_form[part], seen.means[part], seen.known[part]).vectors
        return rows, new.seen.known | has_form

    def form_vectors(self, words: Sequence[str]) -> tuple[Floats, Mask]:
        """[n, D] the vectors of words from their n-grams alone, and [n] whether a word has a known n-gram."""
        return self.subwords.compose(words)

    def with_forms(self) -> KeyedVectors:
        """The vectors with the n-grams as their subwords: the OOV policy gives unknown words the vector of their form.

        A native file holds them, and so do the formats that hold listed n-grams.
        """
        return self.vectors._derived(subwords=self.subwords, oov="subword")

    def _facts(self) -> dict[str, Any]:
        return {"fitted_on": self.words, "loss": list(self.loss)}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, without the vectors, to one file (safetensors), which appears when it is complete."""
        tensors = {"matrix": self.matrix.astype(np.float32), "gate": self.gate.astype(np.float32)}
        tensors |= {f"form.{name}": array for name, array in self.subwords.tensors().items()}
        facts = {"options": self.options.recorded(), "words": self.words, "loss": list(self.loss)}
        store.write_file(path, tensors, {"metadata": facts, "form": self.subwords.config()}, kind=KIND)

    @classmethod
    def load(cls, path: str | os.PathLike[str], vectors: KeyedVectors) -> FormContext:
        """The model of a file that `save` has written, for the vectors that it was fitted on.

        FormatError for another or a damaged file, OptionError for vectors of another size.
        """
        check_vectors(vectors=vectors)
        model = read(path)
        if model.subwords.vector_size != vectors.vector_size:
            raise OptionError(
                f"vectors must have {model.subwords.vector_size} dimensions, as the model in {os.fspath(path)}; got "
                f"{vectors.vector_size}"
            )
        return cls(vectors, *model)


class Saved(NamedTuple):
    """What a file holds: all of a model but the vectors."""

    subwords: Subwords
    matrix: NDArray[np.float64]
    gate: NDArray[np.float64]
    options: FormContextOptions
    words: int
    loss: tuple[float, ...]


def read(path: str | os.PathLike[str]) -> Saved:
    """The parts of a model in a file; FormatError where they do not fit together."""
    stored, name = store.open_file(path, kind=KIND), os.fspath(path)
    form, facts = stored.config.get("form"), stored.config["metadata"]
    options, words, loss = facts.get("options"), facts.get("words"), facts.get("loss")
    told = isinstance(options, dict) and type(words) is int and isinstance(loss, list)
    if not told or not isinstance(form, dict) or not all(type(number) is float for number in loss):
        raise FormatError(f"{name}: the metadata must have options, words and loss; the file is damaged")
    try:
        chosen = FormContextOptions(**options)
        subwords = open_subwords(unprefixed("form.", stored.tensors), form)
    except (OptionError, FormatError, TypeError) as error:
        raise FormatError(f"{name}: {error}") from None
    size, parts = subwords.vector_size, []
    for tensor, shape in (("matrix", (size, size)), ("gate", (2 * size + 1,))):
        array = stored.tensors.get(tensor)
        if array is None or array.dtype != np.float32 or array.shape != shape or not np.isfinite(array).all():
            raise FormatError(f"{name}: {tensor} must be finite float32 numbers of shape {shape}; the file is damaged")
        parts.append(array.astype(np.float64))
    return Saved(subwords, parts[0], parts[1], chosen, words, tuple(loss))


def _frequent(vectors: KeyedVectors, options: FormContextOptions) -> NDArray[np.int64]:
    """The rows of the words that the form alone is learned from."""
    counts = vectors.vocabulary.counts
    if counts is None:
        return np.arange(len(vectors))
    rows = np.arange(len(vectors), dtype=np.int32)
    return often(rows, np.asarray(counts), options.fit_min_count, vectors.vector_size)


def _ngrams(words: Vocabulary, options: FormContextOptions) -> Vocabulary:
    """The n-grams of enough words, the most frequent first."""
    indptr, text, ends = ngram_strings(words.data, words.offsets, options.min_n, options.max_n, edges=True)
    whole, bounds = text.tobytes(), ends.tolist()
    found: Counter[bytes] = Counter()
    for first, last in pairwise(indptr.tolist()):
        found.update({whole[bounds[place] : bounds[place + 1]] for place in range(first, last)})
    names = [name for name, count in found.most_common() if count >= options.ngram_min_count]
    return Vocabulary.from_words([name.decode("utf-8", "surrogateescape") for name in names])
