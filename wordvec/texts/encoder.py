"""TextEncoder: from texts to vectors, in compiled code on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import pooling as kernel
from wordvec._kernels import products
from wordvec.base.arguments import check_cosine
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.options import takes_options
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.corpus.tokenizers import tokenizer_of
from wordvec.outputs import check_name
from wordvec.store import NOT_NATIVE
from wordvec.texts import weights as weighing
from wordvec.texts.options import EncoderOptions
from wordvec.texts.weights import Learned
from wordvec.vectors import KeyedVectors
from wordvec.vectors.attributes import Attributes
from wordvec.vectors.text_rows import Block, Cutter, Floats, listed

AGGS = {
    "mean": kernel.MEAN,
    "max": kernel.MAX,
    "sum": kernel.SUM,
    "tfidf": kernel.WEIGHTED,
    "sif": kernel.MEAN,
    "usif": kernel.SCALED,
    "product": kernel.SUM,
    "fasttext": kernel.MEAN,
}
COMPONENTS = {"sif": 1, "usif": 5}  # removed by default
SHARE = 1024  # texts in a task of a thread
SAVED = "text_encoder"  # in the metadata
WEIGHT = "text_weight"  # an attribute of words
_NONE = np.empty(0, np.float32)


@takes_options(EncoderOptions)
class TextEncoder:
    """Vectors of texts from the vectors of their words.

    `agg` says how:

    - "mean", "sum", or "max", of each dimension.
    - "tfidf": the mean weighted by the idf ln((1 + n) / (1 + df)) + 1 that `fit` learns.
    - "sif" (Arora, Liang and Ma 2017): the mean over tokens of `sif_a` / (`sif_a` + p(word)) times the vector, minus
      its projection on the first singular vector of the texts that `fit` has seen.
    - "usif" (Ethayarajh 2018): the same with weights that follow from the counts and the mean `usif_length` of texts,
      each dimension first divided by its length over the tokens of the text, as the author's program does; less five
      components, each in proportion to its share of their squared singular values.
    - "product", of vectors that CMOW or its hybrid made (`metadata["matrices"]`): the sum of those parts of the rows
      that are vectors, then the product of the matrices in the order of the text, less the identity. However long the
      text, the numbers are finite: a product that would not be keeps its direction.
    - "fasttext": the mean of the words scaled to length 1, those of length 0 left out, as `get_sentence_vector` of
      fastText does for vectors of words.
    - "auto": what the vectors were made for, "mean" where they say nothing.

    p(word) comes from the counts of the vectors, or from the texts of `fit` where they have none. `components` changes
    the number of components that are removed. They are learned once, in `fit`: the vector of a text does not depend on
    other texts.

    A text is a str, split by `tokenizer` (a function from a str to its tokens), else as the vectors were trained (with
    tokenizer="unicode", words are cut, folded and lower-cased in the same way), or by `vectors.tokenizer`, which
    vectors of a model2vec folder may have, else at ASCII white space, or a list of tokens. Unknown words
    follow the OOV policy of the vectors (`oov="auto"`): they are composed of n-grams where there are any, and left out
    where the policy is "raise". `oov="skip"` always leaves them out, "subword" always composes them. The vector of a
    text without words is zero. `norm="l2"` scales the vectors of texts to unit length, None does not; "auto" does so
    where the tokenizer of the vectors asks for it. OptionError for impossible arguments.

    >>> kv = KeyedVectors(["good", "bad"], [[1, 0], [0, 2]])
    >>> TextEncoder(kv).encode(["good good bad bad", "unknown", ""]).tolist()
    [[0.5, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """

    learned: Learned | None = None  # by `fit`

    def __init__(
        self,
        vectors: KeyedVectors,
        agg: str = "auto",
        *,
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        **options: Any,
    ) -> None:
        chosen = EncoderOptions(agg=agg, **options)  # type: ignore[arg-type]  # checked here
        if tokenizer is not None and not callable(tokenizer):
            raise OptionError(f"tokenizer must be a function from a text to its tokens; got {tokenizer!r:.60}")
        if not isinstance(vectors, KeyedVectors):
            raise OptionError(f"vectors must be KeyedVectors; got {type(vectors).__name__}: wordvec.load opens a file")
        check_cosine(vectors=vectors)
        if chosen.oov == "subword" and vectors.subwords is None:
            raise OptionError('oov="subword" needs vectors with n-grams, such as those of fastText; these have none')
        pieces = vectors.tokenizer if tokenizer is None else None
        self.vectors = vectors
        self.norm = chosen.norm if chosen.norm != "auto" else "l2" if pieces is not None and pieces.normalize else None
        made_for = "product" if "matrices" in vectors.metadata else "mean"
        self.agg = made_for if agg == "auto" else agg
        self.first = first_of_matrices(vectors) if self.agg == "product" else vectors.vector_size
        self.sif_a, self.usif_length = chosen.sif_a, chosen.usif_length
        self.components = COMPONENTS.get(self.agg, 0) if chosen.components is None else chosen.components
        self.workers = chosen.workers or usable_cores()
        self.cutter = Cutter(vectors, chosen.oov, tokenizer, chosen.lowercase, tokenizer_of(vectors.metadata))
        self._dense: tuple[Learned | None, Floats, float] | None = None

    def __repr__(self) -> str:
        return f"TextEncoder({self.vectors!r}, agg={self.agg!r})"

    @property
    def needs_fit(self) -> bool:
        """Whether `fit` must be called before `encode`."""
        return bool(self.components) or self._counts_texts

    @property
    def _counts_texts(self) -> bool:
        own = self.vectors.vocabulary.counts
        return self.agg == "tfidf" or (self.agg in ("sif", "usif") and own is None)

    def fit(self, texts: Iterable[Any]) -> TextEncoder:
        """Learn word weights (for "tfidf") and common components from texts; the encoder itself."""
        given, size, words = listed(texts), self.vectors.vector_size, len(self.vectors)
        places, found, rest = np.empty(0, np.int64), _NONE, 1.0
        none = np.empty((0, size), np.float32), _NONE
        if self._counts_texts:
            seen = weighing.counted(self.cutter.blocks(given, 0, len(given)), words, self.agg == "tfidf")
            places = np.flatnonzero(seen)
            found, rest = self._weigh(seen[places], len(given))
        self.learned = Learned(places, found, rest, *none)
        if self.components:
            square = np.zeros((size, size))
            for first in range(0, len(given), SHARE):
                part = self._encoded(given[first : first + SHARE]).astype(np.float64)
                square += part.T @ part
            taken = weighing.components(square, self.components, self.agg == "usif")
            self.learned = Learned(places, found, rest, *taken)
        return self

    def encode(self, texts: Iterable[Any]) -> Floats:
        """The vectors of texts, float32 [n, D]; they do not depend on `workers`.

        WordTypeError names what is no text; OptionError where `fit` must come first.
        """
        if self.needs_fit and self.learned is None:
            raise OptionError(f"fit must be called before texts are encoded with agg={self.agg!r}")
        return self._encoded(listed(texts))

    def _encoded(self, texts: list[Any]) -> Floats:
        result = np.empty((len(texts), self.vectors.vector_size), np.float32)
        weights, rest = self._weights()

        def fill(first: int) -> None:
            at = first
            for block in self.cutter.blocks(texts, first, min(first + SHARE, len(texts))):
                part = result[at : at + block.texts]
                self._fill(block, weights, rest, part)
                self._check(block, part, at)
                at += block.texts

        starts = range(0, len(texts), SHARE)
        if len(starts) < 2 or self.workers == 1 or not self.cutter.is_compiled(texts):
            for first in starts:
                fill(first)
        else:
            with thread_pool(min(self.workers, len(starts))) as pool:
                for _ in in_order(pool, fill, starts, 4 * self.workers):
                    pass
        return result

    def _fill(self, block: Block, weights: Floats, rest: float, out: Floats) -> None:
        """The vectors of the texts of a block."""
        own = _NONE
        if len(weights):
            own = weights[block.words]
            if len(block.extra):
                own[block.words < 0] = rest
        if self.agg == "fasttext":
            own = weighing.to_length_1(block)
        learned, product, first = self.learned, self.agg == "product", self.first
        directions = np.empty((0, self.vectors.vector_size), np.float32) if learned is None else learned.components
        shares = _NONE if learned is None else learned.shares
        kernel.pooled(
            block.matrix[:, :first],
            np.ascontiguousarray(block.extra[:, :first]),
            block.tokens,
            own,
            block.ends,
            directions[:0, :first] if product else directions,
            _NONE if product else shares,
            out[:, :first],
            AGGS[self.agg],
            self.norm == "l2" and not product,
        )
        if self.agg == "fasttext" and not own.all() and self.norm is None:  # zeros are not counted
            sizes = np.diff(block.ends, prepend=0)
            before = np.concatenate([[0], np.cumsum(own > 0)])[np.concatenate([[0], block.ends])]
            out *= (sizes / np.maximum(np.diff(before), 1)).astype(np.float32)[:, None]
        if product:
            matrix, extra = block.matrix[:, first:], block.extra[:, first:]
            products.multiplied(matrix, extra, block.tokens, block.ends, out[:, first:])
            for direction, share in zip(directions, shares):
                out -= share * np.outer(out @ direction, direction)
            if self.norm == "l2":
                lengths = np.sqrt(np.einsum("ij,ij->i", out, out, dtype=np.float64))[:, None]
                np.divide(out, lengths, out=out, where=lengths > 0, casting="same_kind")

    def _check(self, block: Block, out: Floats, before: int) -> None:
        """OptionError, with the word, where the vector of a text is not finite; `before` texts precede the block."""
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(out.sum()):  # in a tenth of the time of looking at each
                return
        bad = np.flatnonzero(~np.isfinite(out).all(axis=1))
        if not len(bad):  # their sum is beyond float32
            return
        text = int(bad[0])
        places = slice(int(block.ends[text - 1]) if text else 0, int(block.ends[text]))
        for word, token in zip(block.words[places].tolist(), block.tokens[places].tolist()):
            row = block.matrix[token] if token < len(block.matrix) else block.extra[token - len(block.matrix)]
            if not np.isfinite(row).all():
                name = repr(self.vectors.vocabulary[word]) if word >= 0 else "a word without a row"
                where = f"{name}, in text {before + text},"
                raise OptionError(f"vectors must be finite; that of {where} holds NaN or inf: drop or repair it")
        raise OptionError(
            f"the vector of a text must be within float32; that of text {before + text} is beyond: its words have "
            "vectors that are too long, make them of length 1 (vectors.transformed(Unit()))"
        )

    def _weigh(self, counts: NDArray[np.int64], texts: int = 0) -> tuple[Floats, float]:
        """The weights of words with these counts, and the weight of all other words."""
        if self.agg == "tfidf":
            return weighing.tfidf(texts, counts)
        return weighing.sif(counts, self.sif_a) if self.agg == "sif" else weighing.usif(counts, self.usif_length)

    def _weights(self) -> tuple[Floats, float]:
        """([V] the weight of each word, or [0] where all are 1; the weight of words without a row)."""
        if self.agg not in ("tfidf", "sif", "usif"):
            return _NONE, 1.0
        if self._dense is None or self._dense[0] is not self.learned:
            counts = self.vectors.vocabulary.counts
            if self._counts_texts:
                assert self.learned is not None
                dense = np.full(len(self.vectors), self.learned.rest, np.float32)
                dense[self.learned.words] = self.learned.weights
                self._dense = self.learned, dense, self.learned.rest
            else:
                assert counts is not None
                self._dense = (self.learned, *self._weigh(np.asarray(counts)))
        return self._dense[1:]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the vectors and the encoder to one native file, which `TextEncoder.load` opens.

        OptionError where a tokenizer was given: a function cannot be saved.
        """
        if self.cutter.tokenizer is not None:
            raise OptionError("tokenizer must be left out to save an encoder: a function cannot be kept in a file")
        names = ("agg", "norm", "sif_a", "usif_length", "components")
        told: dict[str, Any] = {name: getattr(self, name) for name in names}
        told |= {"oov": self.cutter.oov, "lowercase": self.cutter.lowercase}
        whole = self.vectors.with_oov(self.vectors.oov)
        if (learned := self.learned) is not None:
            weights, rest = self._weights() if self._counts_texts else (_NONE, 1.0)
            told["learned"] = {
                "rest": rest,
                "directions": learned.components.tolist(),
                "shares": learned.shares.tolist(),
            }
            if len(weights):
                whole._attributes = Attributes({**whole.attributes, WEIGHT: weights}, len(whole))
        whole.metadata[SAVED] = told
        check_name(path, "an encoder in a native file", mapped=True, others=NOT_NATIVE)
        whole.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, workers: int | None = None) -> TextEncoder:
        """Open an encoder that `save` wrote; FormatError where the file holds vectors only."""
        vectors = KeyedVectors.load(path)
        told = vectors.metadata.get(SAVED)
        try:
            options = dict(told or {})
            learned = options.pop("learned", None)
            encoder = cls(vectors, workers=workers, agg=options.pop("agg"), **options)
            if learned is not None:
                weights = np.asarray(vectors.attributes.get(WEIGHT, _NONE), np.float32)
                directions = np.array(learned["directions"], np.float32).reshape(-1, vectors.vector_size)
                shares = np.array(learned["shares"], np.float32).reshape(len(directions))
                encoder.learned = Learned(np.arange(len(weights)), weights, float(learned["rest"]), directions, shares)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise FormatError(f"{path}: the file must hold an encoder, written by TextEncoder.save: {error}") from None
        return encoder


def first_of_matrices(vectors: KeyedVectors) -> int:
    """The column where the matrix of a row begins; OptionError where rows hold no matrix."""
    told, size = vectors.metadata.get("matrices"), vectors.vector_size
    if isinstance(told, dict) and isinstance(told.get("first"), int) and isinstance(told.get("dim"), int):
        first: int = told["first"]
        if first >= 0 and told["dim"] >= 0 and first + told["dim"] ** 2 == size:
            return first
    raise OptionError(
        f'agg must be another one than "product" where rows of {size} numbers are not said to be matrices in '
        f'metadata["matrices"], as CMOW says it; got {told!r:.60}'
    )
