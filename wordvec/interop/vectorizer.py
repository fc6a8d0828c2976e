"""WordVectorizer: texts to vectors in a scikit-learn pipeline; works without scikit-learn as well."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import OptionError, WordTypeError
from wordvec.interop.libraries import library
from wordvec.interop.rows import as_bytes, checked_tokens, is_missing, packed
from wordvec.keyed_vectors import KeyedVectors

Floats = NDArray[np.float32]

_TOKENS = 1 << 15  # tokens that are looked up and added at a time
_GATHERED_BYTES = 16 << 20  # rows held at a time where every token needs its own
_CHOICES: dict[str, tuple[str | None, ...]] = {
    "agg": ("mean", "sif", "max", "tfidf"),
    "oov": ("auto", "skip", "subword"),
    "norm": (None, "l2"),
}


class _Block(NamedTuple):
    """Some texts, one after another: the distinct words in them, their vectors, and which of them each token is."""

    words: NDArray[np.int64]  # [U] places in the vocabulary, -1 for what the policy made
    matrix: Floats  # [U, D]
    tokens: NDArray[np.int64]  # [N] into the above
    offsets: NDArray[np.int64]  # [n+1] where each text starts in the tokens


class WordVectorizer:
    """Texts to vectors: the mean of the vectors of their words, or another sum; a transformer for scikit-learn.

    `vectors` is a `KeyedVectors` or the path of a file of them. `agg` is "mean"; "max" (of each dimension); "tfidf",
    the mean weighted by the idf ln((1 + n) / (1 + df)) + 1 that `fit` learns; or "sif" (Arora, Liang and Ma 2017): the
    mean over tokens of `sif_a` / (`sif_a` + p(word)) times the vector, less its projection on the first singular vector
    of the texts that `fit` has seen; p comes from the counts of the vectors, or of these texts where they have none.

    A text is a str, cut at ASCII white space or by `tokenizer` (a function from a str to its tokens), or a list of
    tokens. A word without a row gets what the policy of the vectors says (`oov="auto"`): where they have n-grams it is
    composed of these, and where the policy is "raise" it is left out. `oov="skip"` leaves all of them out, "subword"
    composes them, whatever the policy. A text without words is zeros. `norm="l2"` scales the vectors of texts to length
    1. Vectors of a file are pickled and cloned by reference.

    >>> kv = KeyedVectors(["good", "bad"], [[1, 0], [0, 2]])
    >>> WordVectorizer(kv).fit_transform(["good good bad bad", "unknown", ""]).tolist()
    [[0.5, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """

    weights_: tuple[NDArray[np.int64], Floats, float]  # words of the texts, rising; their weights; that of other words
    component_: Floats  # [D] the singular vector of "sif"; zeros where the texts had no words

    def __init__(
        self,
        vectors: KeyedVectors | str | os.PathLike[str],
        agg: str = "mean",
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        lowercase: bool = False,
        oov: str = "auto",
        norm: str | None = None,
        sif_a: float = 1e-3,
    ) -> None:
        # As scikit-learn wants it: kept as given, and checked when they are used.
        self.vectors, self.agg, self.tokenizer, self.lowercase = vectors, agg, tokenizer, lowercase
        self.oov, self.norm, self.sif_a = oov, norm, sif_a

    def fit(self, X: Iterable[Any], y: object = None) -> WordVectorizer:
        """Learn what `agg` needs of the texts: nothing for "mean" and "max"; `y` is not looked at."""
        kv = self._checked()
        if self.agg in ("tfidf", "sif"):
            texts = _texts(X)
            if self.agg == "tfidf" or kv.vocabulary.counts is None:
                self.weights_ = self._learned(kv, texts)
            if self.agg == "sif":
                self.component_ = self._first_component(kv, texts)
        return self

    def transform(self, X: Iterable[Any]) -> Any:
        """The vectors of texts, float32 [n, D]; a frame after `set_output`. WordTypeError names what is no text."""
        kv, texts = self._checked(), _texts(X)
        if not self.__sklearn_is_fitted__():
            raise OptionError(f"fit must be called before transform with agg={self.agg!r}")
        found = [self._summed(kv, block) for block in self._blocks(kv, texts)]
        result = np.concatenate([np.empty((0, kv.vector_size), np.float32), *found])
        if self.agg == "sif":
            result -= np.outer(result @ self.component_, self.component_)
        if self.norm == "l2":
            lengths = np.sqrt(np.einsum("ij,ij->i", result, result, dtype=np.float64))[:, None]
            np.divide(result, lengths, out=result, where=lengths > 0, casting="same_kind")
        return self._framed(result, X)

    def fit_transform(self, X: Iterable[Any], y: object = None) -> Any:
        """`fit` and `transform` of the same texts."""
        texts = X if hasattr(X, "__len__") else list(X)  # an iterator can be read once only
        return self.fit(texts, y).transform(texts)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """The names of the dimensions: wordvec0, wordvec1, ..."""
        return np.array([f"wordvec{i}" for i in range(self._checked().vector_size)], object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments by name, as scikit-learn asks for them."""
        names = ("vectors", "agg", "tokenizer", "lowercase", "oov", "norm", "sif_a")
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> WordVectorizer:
        """Change arguments by name."""
        for name, value in params.items():
            if name not in self.get_params():
                raise OptionError(f"a parameter must be one of {', '.join(self.get_params())}; got {name!r}")
            setattr(self, name, value)
        self.__dict__.pop("_opened", None)
        return self

    def set_output(self, *, transform: str | None = None) -> WordVectorizer:
        """Whether `transform` gives an array ("default"), or a "pandas" or "polars" frame; None changes nothing."""
        if transform not in (None, "default", "pandas", "polars"):
            raise OptionError(f'transform must be "default", "pandas" or "polars"; got {transform!r}')
        if transform is not None:
            self._output = transform
        return self

    def __repr__(self) -> str:
        given = {name: value for name, value in self.get_params().items() if name != "vectors"}
        return f"WordVectorizer({self.vectors!r}, {', '.join(f'{name}={value!r}' for name, value in given.items())})"

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_opened"}

    def __sklearn_clone__(self) -> WordVectorizer:  # scikit-learn's own clone would copy vectors in memory
        clone = type(self)(**self.get_params())
        return clone.set_output(transform=getattr(self, "_output", None))

    def __sklearn_tags__(self) -> Any:
        utils = library("sklearn.utils", "scikit-learn>=1.6")
        return utils.Tags(
            estimator_type=None,
            target_tags=utils.TargetTags(required=False),
            transformer_tags=utils.TransformerTags(preserves_dtype=[]),
            input_tags=utils.InputTags(one_d_array=True, two_d_array=False, string=True),
            requires_fit=True,
        )

    def __sklearn_is_fitted__(self) -> bool:
        return self.agg in ("mean", "max") or hasattr(self, "component_" if self.agg == "sif" else "weights_")

    def _checked(self) -> KeyedVectors:
        """The vectors, opened where a path was given; OptionError for arguments that are not possible."""
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise OptionError(f"{name} must be one of {allowed}; got {getattr(self, name)!r}")
        if not (isinstance(self.sif_a, (int, float)) and 0 < self.sif_a < np.inf):
            raise OptionError(f"sif_a must be a number > 0; got {self.sif_a!r}")
        if isinstance(self.vectors, KeyedVectors):
            kv = self.vectors
        elif isinstance(self.vectors, (str, os.PathLike)):
            from wordvec.formats import load

            if not hasattr(self, "_opened"):
                self._opened = load(self.vectors)
            kv = self._opened
        else:
            raise OptionError(f"vectors must be KeyedVectors or the path of a file of them; got {self.vectors!r}")
        if self.oov == "subword" and kv.subwords is None:
            raise OptionError('oov="subword" needs vectors with n-grams, such as those of fastText; these have none')
        return kv

    def _learned(self, kv: KeyedVectors, texts: list[Any]) -> tuple[NDArray[np.int64], Floats, float]:
        """The words of the texts and their weights: the idf, or what "sif" makes of their share of the tokens."""
        seen = np.zeros(len(kv), np.int64)
        for block in self._blocks(kv, texts):
            tokens = block.tokens
            if self.agg == "tfidf":  # each word of a text once
                text = np.repeat(np.arange(len(block.offsets) - 1), np.diff(block.offsets))
                tokens = np.unique(text * len(block.words) + tokens) % max(1, len(block.words))
            words, counts = block.words, np.bincount(tokens, minlength=len(block.words))
            seen[words[words >= 0]] += counts[words >= 0]
        words, counts = np.flatnonzero(seen), seen[seen > 0]
        if self.agg == "tfidf":
            idf = np.log((1 + len(texts)) / (1 + counts)) + 1
            return words, idf.astype(np.float32), float(np.log(1 + len(texts)) + 1)
        return words, (self.sif_a / (self.sif_a + counts / counts.sum())).astype(np.float32), 1.0

    def _weights(self, kv: KeyedVectors, words: NDArray[np.int64]) -> Floats:
        """[U] the weight of each word."""
        known = words >= 0
        if self.agg == "sif" and kv.vocabulary.counts is not None:
            counts = np.where(known, kv.vocabulary.counts[words], 0)
            shares = counts / max(1, int(kv.vocabulary.counts.sum()))
            return (self.sif_a / (self.sif_a + shares)).astype(np.float32)
        weights = np.ones(len(words), np.float32)
        if self.agg in ("sif", "tfidf"):
            learned, values, rest = self.weights_
            weights[:] = rest
            places = np.minimum(np.searchsorted(learned, words), max(0, len(learned) - 1))
            found = learned[places] == words if len(learned) else np.zeros(len(words), bool)
            weights[found] = values[places[found]]
        return weights

    def _first_component(self, kv: KeyedVectors, texts: list[Any]) -> Floats:
        """[D] the direction that the weighted means of the texts have most in common."""
        square = np.zeros((kv.vector_size, kv.vector_size))
        for block in self._blocks(kv, texts):
            means = self._summed(kv, block).astype(np.float64)
            square += means.T @ means
        component: Floats = np.linalg.eigh(square)[1][:, -1].astype(np.float32)
        return component if square.any() else np.zeros_like(component)

    def _summed(self, kv: KeyedVectors, block: _Block) -> Floats:
        """[n, D] the vector of each text of a block, before what is done to all of them."""
        if self.agg == "max":
            return _maxima(block)
        from scipy.sparse import csr_matrix

        weights = self._weights(kv, block.words)[block.tokens]
        shape = (len(block.offsets) - 1, len(block.words))
        table = csr_matrix((weights, block.tokens, block.offsets), shape=shape)
        # tf-idf is a weighted mean; the mean of "sif" is over tokens, whatever they weigh, as in the paper
        totals = np.asarray(table.sum(axis=1)).ravel() if self.agg == "tfidf" else np.diff(block.offsets)
        summed: Floats = table @ block.matrix
        summed /= np.where(totals > 0, totals, 1).astype(np.float32)[:, None]
        return summed

    def _blocks(self, kv: KeyedVectors, texts: list[Any]) -> Iterator[_Block]:
        """The texts in blocks of a bounded number of tokens."""
        tokens: list[bytes] = []
        sizes: list[int] = []
        for place, text in enumerate(texts):
            own = self._tokens(text, place)
            tokens += own
            sizes.append(len(own))
            if len(tokens) + len(sizes) >= _TOKENS:
                yield self._block(kv, tokens, sizes)
                tokens, sizes = [], []
        if sizes:
            yield self._block(kv, tokens, sizes)

    def _tokens(self, text: Any, place: int) -> list[bytes]:
        """The tokens of one text, as bytes."""
        if isinstance(text, str):
            if self.lowercase:
                text = text.lower()
            if self.tokenizer is None:
                return as_bytes(text).split()  # of bytes, at ASCII white space
            tokens = list(self.tokenizer(text))
        elif isinstance(text, (list, tuple)):
            tokens = list(text)
        else:
            problem = "is missing" if is_missing(text) else f"is of type {type(text).__name__}"
            raise WordTypeError(f"a text must be a str or a list of tokens; text {place} {problem}: {text!r}")
        checked_tokens(tokens)
        return [as_bytes(token.lower() if self.lowercase else token) for token in tokens]

    def _block(self, kv: KeyedVectors, tokens: list[bytes], sizes: list[int]) -> _Block:
        """Look the tokens up, make vectors for those without a row if asked to, and leave the rest out."""
        ids = kv.vocabulary.rows_of(*packed(tokens))
        words, places = np.unique(ids[ids >= 0], return_inverse=True)
        rows = kv.rows
        matrix = np.asarray(kv.vectors[words if rows is None else rows[words].astype(np.int64)], np.float32)
        at = np.full(len(ids), -1, np.int64)
        at[ids >= 0] = places
        policy = {"auto": kv.oov, "skip": "raise"}.get(self.oov, self.oov)
        if policy != "raise" and (ids < 0).any():
            unknown = np.flatnonzero(ids < 0).tolist()
            order = {token: i for i, token in enumerate(dict.fromkeys(tokens[i] for i in unknown))}
            maker = kv if policy == kv.oov else kv.with_oov(policy)
            made, got = maker._made_for([token.decode("utf-8", "surrogateescape") for token in order])
            could = np.array(got, np.bool_)
            new = np.where(could, len(words) + np.cumsum(could) - 1, -1)
            at[unknown] = new[[order[tokens[i]] for i in unknown]]
            matrix = np.concatenate([matrix, made[could]])
            words = np.concatenate([words, np.full(int(could.sum()), -1, np.int64)])
        kept = np.zeros(len(at) + 1, np.int64)
        np.cumsum(at >= 0, out=kept[1:])
        ends = np.cumsum([0, *sizes])
        return _Block(words, matrix, at[at >= 0], kept[ends])

    def _framed(self, result: Floats, texts: Any) -> Any:
        """The result as an array or as the frame that `set_output` asks for."""
        kind = getattr(self, "_output", "default")
        if kind == "default":
            return result
        names = self.get_feature_names_out()
        if kind == "pandas":
            return library("pandas", "pandas").DataFrame(result, index=getattr(texts, "index", None), columns=names)
        return library("polars", "polars").DataFrame(result, schema=names.tolist())


def _texts(X: Any) -> list[Any]:
    """The texts, as a list; OptionError for one text, and for a table."""
    if isinstance(X, (str, bytes)):
        raise OptionError(f"texts must be a list of texts; got one {type(X).__name__}: put it in a list")
    if getattr(X, "ndim", 1) != 1:
        raise OptionError(f"texts must be a list or one column; got {type(X).__name__} of shape {X.shape}")
    return list(X)


def _maxima(block: _Block) -> Floats:
    """[n, D] the greatest number of each dimension among the words of a text; zeros for a text without words."""
    sizes = np.diff(block.offsets)
    texts = np.repeat(np.arange(len(sizes)), sizes)
    result = np.full((len(sizes), block.matrix.shape[1]), -np.inf, np.float32)
    step = max(1, _GATHERED_BYTES // (4 * block.matrix.shape[1]))
    for first in range(0, len(texts), step):
        own = texts[first : first + step]
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        most = np.maximum.reduceat(block.matrix[block.tokens[first : first + step]], starts)
        result[own[starts]] = np.maximum(result[own[starts]], most)
    result[sizes == 0] = 0
    return result
