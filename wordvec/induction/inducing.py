"""Vectors of new words by any method: `induce`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.base.options import from_table
from wordvec.contexts.options import Induction
from wordvec.induction.alacarte import ALaCarte
from wordvec.induction.form_context import FormContext, FormContextOptions
from wordvec.induction.new_words import Inducer, encoded_corpus
from wordvec.induction.selective import Selective, SelectiveOptions
from wordvec.vectors import KeyedVectors

# The methods, and the class of their options. The three that are a matrix times a mean have the same ones.
METHODS: dict[str, type[Induction]] = {
    "alacarte": Induction,
    "additive": Induction,
    "window": Induction,
    "selective": SelectiveOptions,
    "form-context": FormContextOptions,
}
FITTED = ("alacarte", "form-context")  # methods that are fitted on a text


def induce(
    vectors: KeyedVectors,
    corpus: Any = None,
    words: Iterable[str] | None = None,
    *,
    contexts: Any = None,
    method: str = "alacarte",
    matrix: ALaCarte | NDArray[Any] | None = None,
    model: FormContext | None = None,
    tokenizer: Callable[[str], list[str]] | None = None,
    cache: str | os.PathLike[str] | None = None,
    **options: Any,
) -> KeyedVectors:
    """Vectors of new words from the words around them: float32 [n, D], words by falling count, with their counts.

    `words` are those that are wanted, known or not; without them all words of the corpus that `vectors` does not have.
    Instead of a corpus there may be `contexts`: a dict from each word to its sentences, lists of tokens, or pairs of a
    word and a sentence. Thousands of words go in one call.

    `method` is one of "additive" (the mean of the vectors of the context words), "window" (the mean weighted by
    closeness), "alacarte" (a matrix times the mean, Khodak et al. 2018), "selective" (skip-gram training of the new
    rows alone, Van Hautte et al. 2019) and "form-context" (n-grams and contexts, Schick and Schuetze 2019). The options
    are those of `Induction`, and of `SelectiveOptions` or `FormContextOptions`. "alacarte" and "form-context" are
    fitted on the known words of the corpus; where there are only `contexts`, give the `matrix`, as `ALaCarte.fit` finds
    it on a larger corpus, or the `model` of `FormContext.fit`.

    Words that the method has nothing for are left out: a warning names some (`no_context`). CorpusError where no known
    word has a context to fit on, OptionError for arguments that do not fit together.

    >>> from wordvec import KeyedVectors, induce
    >>> kv = KeyedVectors(["tea", "cup"], [[1, 0], [0, 1]])
    >>> induce(kv, [["tea", "mate", "cup"], ["tea", "mate", "tea"]], method="additive")["mate"].tolist()
    [0.75, 0.25]
    >>> induce(kv, contexts=[("mate", ["tea", "mate"])], method="additive")["mate"].tolist()
    [1.0, 0.0]
    """
    check_vectors(vectors=vectors)
    chosen = options_of(method, options)
    for name, given, of in (("matrix", matrix, "alacarte"), ("model", model, "form-context")):
        if given is not None and method != of:
            raise OptionError(f'{name} goes with method="{of}"; got method={method!r}')
    if model is not None:
        if not isinstance(model, FormContext):
            raise OptionError(f"model must be a FormContext; got {model!r:.80}")
        chosen = replace(model.options, **options)  # what is not given is as in its fit
    if corpus is not None:
        corpus, tokenizer, cache = encoded_corpus(corpus, chosen, tokenizer, cache), None, None
    made = inducer_of(vectors, corpus, chosen, matrix, model)
    return made.induce(corpus, words, contexts=contexts, tokenizer=tokenizer, cache=cache)


def options_of(method: str, options: dict[str, Any]) -> Induction:
    """The options of a method; OptionError for an unknown method, or an option that it does not have."""
    if not isinstance(method, str) or method not in METHODS:
        raise OptionError(f"method must be one of {', '.join(METHODS)}; got {method!r:.80}")
    return from_table(Induction, METHODS, method, {**options, "method": method}, "method")


def inducer_of(
    vectors: KeyedVectors, corpus: Any, options: Induction, matrix: Any = None, model: FormContext | None = None
) -> Inducer:
    """The method, fitted on the corpus where what it needs is not given."""
    if isinstance(options, SelectiveOptions):
        return Selective(vectors, options)
    if isinstance(options, FormContextOptions):
        if model is not None:
            return replace(model, vectors=vectors, options=options)
        if corpus is None:
            raise OptionError(
                'model must be given with contexts, as FormContext.fit finds it; or use method="additive"'
            )
        return FormContext.fit(vectors, corpus, **options.to_dict())
    size = vectors.vector_size
    if options.method != "alacarte":
        return ALaCarte(vectors, np.eye(size), options)
    if matrix is None:
        if corpus is None:
            raise OptionError('matrix must be given with contexts, as ALaCarte.fit finds it; or use method="additive"')
        return ALaCarte.fit(vectors, corpus, **options.to_dict())
    learned = matrix if isinstance(matrix, ALaCarte) else ALaCarte(vectors, np.asarray(matrix, np.float64), options)
    if learned.matrix.shape != (size, size):
        raise OptionError(f"matrix must be of shape ({size}, {size}), as the vectors; got {learned.matrix.shape}")
    return replace(learned, vectors=vectors, options=options)
