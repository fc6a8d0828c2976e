"""WordVectorizer: texts to vectors in a scikit-learn pipeline; works without scikit-learn as well."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.texts import Learned, TextEncoder
from wordvec.vectors import KeyedVectors


class WordVectorizer:
    """Texts to vectors, as `wordvec.texts.TextEncoder` makes them; a transformer for scikit-learn.

    `vectors` is a `KeyedVectors` or the path of a file of them; the other arguments are those of `TextEncoder`: `agg`
    is "auto", "mean", "sum", "max", "tfidf", "sif" or "usif". Vectors of a file are pickled and cloned by reference.

    >>> kv = KeyedVectors(["good", "bad"], [[1, 0], [0, 2]])
    >>> WordVectorizer(kv).fit_transform(["good good bad bad", "unknown", ""]).tolist()
    [[0.5, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """

    learned_: Learned | None  # what `fit` has learned from texts, where `agg` needs it

    def __init__(
        self,
        vectors: KeyedVectors | str | os.PathLike[str],
        agg: str = "auto",
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        lowercase: bool = False,
        oov: str = "auto",
        norm: str | None = "auto",
        sif_a: float = 1e-3,
        usif_length: float = 11.0,
        components: int | None = None,
        workers: int | None = None,
    ) -> None:
        # As scikit-learn requires, arguments are stored unchanged, and checked when they are used.
        self.vectors, self.agg, self.tokenizer, self.lowercase = vectors, agg, tokenizer, lowercase
        self.oov, self.norm, self.sif_a = oov, norm, sif_a
        self.usif_length, self.components, self.workers = usif_length, components, workers

    def fit(self, X: Iterable[Any], y: object = None) -> WordVectorizer:
        """Learn what `agg` needs from the texts: nothing for "mean" and "max"; `y` is ignored."""
        encoder = self._encoder()
        if encoder.needs_fit:
            self.learned_ = encoder.fit(X).learned
        return self

    def transform(self, X: Iterable[Any]) -> Any:
        """The vectors of texts, float32 [n, D]; a frame after `set_output`. WordTypeError names what is not a text."""
        encoder = self._encoder()
        encoder.learned = getattr(self, "learned_", None)
        if encoder.needs_fit and encoder.learned is None:
            raise OptionError(f"fit must be called before transform with agg={self.agg!r}")
        return self._framed(encoder.encode(X), X)

    def fit_transform(self, X: Iterable[Any], y: object = None) -> Any:
        """`fit` and `transform` of the same texts."""
        texts = X if hasattr(X, "__len__") else list(X)  # an iterator can be read only once
        return self.fit(texts, y).transform(texts)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """The names of the dimensions: wordvec0, wordvec1, ..."""
        return np.array([f"wordvec{i}" for i in range(self._encoder().vectors.vector_size)], object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments by name, for scikit-learn."""
        return {"vectors": self.vectors, **self._options()}

    def _options(self) -> dict[str, Any]:
        names = ("agg", "tokenizer", "lowercase", "oov", "norm", "sif_a", "usif_length", "components", "workers")
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
        options = ", ".join(f"{name}={value!r}" for name, value in self._options().items())
        return f"WordVectorizer({self.vectors!r}, {options})"

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
        return hasattr(self, "learned_") or not self._encoder().needs_fit

    def _encoder(self) -> TextEncoder:
        """The encoder, with vectors loaded from a path; OptionError for invalid arguments."""
        vectors = self.vectors
        if isinstance(vectors, (str, os.PathLike)):
            from wordvec.formats import load

            if not hasattr(self, "_opened"):
                self._opened = load(vectors)
            vectors = self._opened
        elif not isinstance(vectors, KeyedVectors):
            raise OptionError(f"vectors must be KeyedVectors or the path of a file of them; got {vectors!r}")
        return TextEncoder(vectors, **self._options())

    def _framed(self, result: NDArray[np.float32], texts: Any) -> Any:
        """The result as an array or as the frame that `set_output` has chosen."""
        kind = getattr(self, "_output", "default")
        if kind == "default":
            return result
        names = self.get_feature_names_out()
        if kind == "pandas":
            return library("pandas", "pandas").DataFrame(result, index=getattr(texts, "index", None), columns=names)
        return library("polars", "polars").DataFrame(result, schema=names.tolist())
