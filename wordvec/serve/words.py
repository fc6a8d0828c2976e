"""Answers about words as such: how a word that is being typed may go on, and the senses of a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wordvec.base.errors import OptionError
from wordvec.serve import answers
from wordvec.serve import messages as m
from wordvec.serve.models import Model
from wordvec.vectors.senses import SenseVectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wordvec.serve.work import Work


def complete(work: Work, model: Model, request: m.Prefix) -> m.Completions:
    """Words that begin with what was typed, the most frequent first."""
    words = model.vectors.vocabulary
    rows = words.starting_with(request.prefix, request.topn).tolist()
    return m.Completions([m.Completion(words[row], _count(words.counts, row)) for row in rows])


async def senses(work: Work, model: Model, request: m.SensesOf) -> m.Senses:
    """The senses of a word, each with its nearest words."""
    vectors = model.vectors
    if not isinstance(vectors, SenseVectors):
        raise OptionError(f"the model must have senses of words; {model.name!r} has one vector for each word")
    keys, context = vectors.senses(request.word), request.context
    shares = vectors.shares(request.word).tolist()
    likely = [None] * len(keys)
    if context is not None:
        likely = await work.in_thread(lambda: vectors.disambiguate(request.word, context).tolist())
    near = await answers.neighbours(work, model, m.Queries(queries=[*keys], topn=request.topn, exclude=keys))
    counts = [_count(vectors.vocabulary.counts, vectors.vocabulary.index(key)) for key in keys]
    return m.Senses(request.word, [m.Sense(*own) for own in zip(keys, shares, near.results, counts, likely)])


def _count(counts: NDArray[np.int64] | None, row: int) -> int | None:
    return None if counts is None else int(counts[row])
