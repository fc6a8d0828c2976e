"""Answers to checked requests, from the opened models: the only place of the service that asks for vectors."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import orjson

from wordvec.base.errors import OptionError, UnknownWordError, WordvecError
from wordvec.serve import messages as m
from wordvec.serve.models import Model
from wordvec.serve.settings import BATCH_FACTOR
from wordvec.vectors.query_terms import direction_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wordvec.serve.work import Work

_DEEP = 100  # queries for more answers than this are not scanned together with those for fewer


# Queries: their scans go through the batcher of the model.


def asked_of_one_word(work: Work, model: Model, request: m.WordQuery) -> asyncio.Future[list[Any]] | None:
    """What `most_similar` waits for, where it is asked for the neighbours of one known word; else None."""
    word, *others = request.positive
    if others or request.negative or request.weights is not None or word not in model.vectors:
        return None
    return _ask(work, model, [word], request)


def neighbours_of_one(results: list[Any]) -> m.Neighbours:
    """The answer from the results of one query, or the error that is its result."""
    return m.Neighbours(_right(results)[0])


async def most_similar(work: Work, model: Model, request: m.Query | m.WordQuery) -> m.Neighbours:
    """The words nearest to a query."""
    terms = _terms(request.positive, request.negative, request.weights)
    return neighbours_of_one(await _ask(work, model, [terms], request))


async def neighbours(work: Work, model: Model, request: m.Queries) -> m.Results:
    """The nearest words of each of many queries, in one pass."""
    most = work.settings.limits.max_topn * BATCH_FACTOR
    if len(request.queries) * request.topn > most:
        raise OptionError(
            f"topn times the number of queries must be at most {most}; got {request.topn} x {len(request.queries)}: "
            "ask in several requests"
        )
    return m.Results(await _nearest(work, model, [_term(term) for term in request.queries], request))


async def analogy(work: Work, model: Model, request: m.Analogy) -> m.Neighbours:
    """The words that are to c as b is to a."""
    a, b, c = request.a, request.b, request.c
    if request.method == "3cosadd":
        (found,) = await _nearest(work, model, [[(b, 1.0), (c, 1.0), (a, -1.0)]], request)
        return m.Neighbours(found)
    if request.min_score is not None:
        raise OptionError(f"min_score must be left out with method 3cosmul; got {request.min_score}")

    def scan(_: Sequence[Any]) -> list[Any]:
        own, stop = _mask(model, request), request.restrict_vocab
        found = model.vectors.most_similar_cosmul([b, c], [a], topn=request.topn, restrict_vocab=stop, within=own)
        return [_named(model, found)]

    return m.Neighbours((await _asked(work, model, object(), [None], scan))[0])


async def _nearest(work: Work, model: Model, queries: list[Any], request: m.Filters) -> list[list[m.Neighbour]]:
    """The answers to queries that share their filters."""
    return _right(await _ask(work, model, queries, request))


def _ask(work: Work, model: Model, queries: list[Any], request: m.Filters) -> asyncio.Future[list[Any]]:
    """The results of queries that share their filters, each an answer or an error."""
    vectors = model.vectors  # of a classifier there are none
    filters = tuple(getattr(request, name) for name in request.__struct_fields__ if name in _FILTERS)
    key = "nearest", request.topn > _DEEP, msgspec.json.encode(filters)
    asked = [(query, request.topn) for query in queries]
    plain = request.topn <= _DEEP and filters.count(None) == len(filters)
    brief = plain and model.index is not None and len(queries) == 1
    brief = brief and isinstance(queries[0], str) and queries[0] in vectors  # else the OOV policy may take its time
    return work.batcher(model).ask(key, asked, lambda some: _scan(model, request, some), brief)


async def _asked(work: Work, model: Model, key: Any, queries: list[Any], scan: Any) -> list[Any]:
    return _right(await work.batcher(model).ask(key, queries, scan))


def _right(results: list[Any]) -> list[Any]:
    """The results, or the first error that is one of them."""
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def _scan(model: Model, request: m.Filters, asked: Sequence[tuple[Any, int]]) -> list[Any]:
    """The answers to (query, topn) of the same filters; an error in the place of a query that has none."""
    options: dict[str, Any] = {"min_score": request.min_score, "restrict_vocab": request.restrict_vocab}
    options |= {"within": _mask(model, request), "indexer": model.index, "workers": model.threads}
    most, queries = max(topn for _, topn in asked), [query for query, _ in asked]
    results: list[Any] = [None] * len(asked)
    right = list(range(len(asked)))
    try:
        found = model.vectors.most_similar_batch(queries, most, **options)
    except (UnknownWordError, OptionError) as problem:
        if len(asked) == 1:
            return [problem]
        right = []
        for place, query in enumerate(queries):
            try:
                direction_of(model.vectors, query, None)
            except WordvecError as error:
                results[place] = error
            else:
                right.append(place)
        if len(right) == len(asked):  # it is not a single query that is wrong
            return [problem] * len(asked)
        found = model.vectors.most_similar_batch([queries[place] for place in right], most, **options)
    for place, near in zip(right, found):
        results[place] = _named(model, near[: asked[place][1]])
    return results


def _mask(model: Model, request: m.Filters) -> NDArray[np.bool_] | None:
    """[V] the words that may be answers; None where all may."""
    vectors, vocabulary = model.vectors, model.vectors.vocabulary
    masks: list[NDArray[np.bool_]] = []
    if request.prefix is not None:
        masks.append(_of(len(vocabulary), vocabulary.starting_with(request.prefix)))
    counts, low, high = vocabulary.counts, request.min_count, request.max_count
    if low is not None or high is not None:
        if counts is None:
            raise OptionError(f"min_count and max_count must be left out: {model.name!r} has no counts")
        masks.append((counts >= (low or 0)) & (counts <= (np.iinfo(np.int64).max if high is None else high)))
    if request.within is not None:
        masks.append(_of(len(vocabulary), [vocabulary.index(word) for word in request.within]))
    if request.exclude is not None:
        masks.append(~_of(len(vocabulary), [vocabulary.index(word) for word in request.exclude]))
    if (where := getattr(request, "where", None)) is not None:
        masks.append(vectors.attributes.matching(where, counts, "where"))
    return np.logical_and.reduce(masks) if masks else None


def _of(size: int, rows: Any) -> NDArray[np.bool_]:
    mask = np.zeros(size, bool)
    mask[np.asarray(rows, np.int64)] = True
    return mask


_FILTERS = {"within", "exclude", "min_score", "prefix", "min_count", "max_count", "restrict_vocab", "where"}


def _term(term: m.Term) -> Any:
    return term if isinstance(term, str) else np.asarray(term, np.float64)


def _terms(positive: Sequence[m.Term], negative: Sequence[m.Term], weights: Sequence[float] | None) -> Any:
    """A query as `most_similar` takes it."""
    count = len(positive) + len(negative)
    if weights is None and len(positive) == 1 and not negative:
        return _term(positive[0])
    given = [1.0] * count if weights is None else list(weights)
    if len(given) != count:
        raise OptionError(f"weights must be one for each of {count} words and vectors; got {len(given)}")
    pairs = [(_term(term), weight) for term, weight in zip([*positive, *negative], given)]
    return [*pairs[: len(positive)], *((term, -abs(weight)) for term, weight in pairs[len(positive) :])]


def _named(model: Model, found: Sequence[tuple[str, float]]) -> list[m.Neighbour]:
    words = model.vectors.vocabulary
    counts = words.counts
    if counts is None:
        return [m.Neighbour(word, score) for word, score in found]
    return [m.Neighbour(word, float(score), int(counts[words.index(word)])) for word, score in found]


# Look-up, without a scan


def known_vector(model: Model, word: str) -> bytes | None:
    """The JSON of the vector of a word that has a row, as `OneVector` describes it; None where it has none."""
    vectors = model.vectors
    row = vectors.vocabulary.get(word)
    if row is None:
        return None
    counts = vectors.vocabulary.counts
    known = {"word": word, "vector": np.ascontiguousarray(vectors[word]), "known": True}
    known["count"] = None if counts is None else int(counts[row])
    return orjson.dumps(known, option=orjson.OPT_SERIALIZE_NUMPY)


def unknown_vector(model: Model, word: str) -> m.OneVector:
    """The vector of a word without a row, where there can be one."""
    return m.OneVector(word, _json(model.vectors[word]), False, None)


def _json(array: Any) -> Any:
    """The numbers of an array as JSON, in the shortest form that gives the same float32; null for NaN and inf."""
    return msgspec.Raw(orjson.dumps(np.ascontiguousarray(array), option=orjson.OPT_SERIALIZE_NUMPY))


def vectors_of(work: Work, model: Model, request: m.WordList) -> m.Vectors:
    """The vectors of words."""
    vectors = model.vectors
    if not request.missing:
        return m.Vectors(_json(vectors[request.words]))
    return m.Vectors([_json(vectors[word]) if vectors.can_embed(word) else None for word in request.words])


def similarity(work: Work, model: Model, request: m.Pairs) -> m.Scores:
    """The cosine of each pair of words."""
    return m.Scores([float(model.vectors.similarity(a, b)) for a, b in request.pairs])


def projection(work: Work, model: Model, request: m.Projection) -> m.Points:
    """Words laid out by the first principal components of their unit vectors, signs chosen so that it repeats."""
    layout = model.vectors.layout(request.words, dimensions=request.dimensions)
    return m.Points(request.words, layout.points.tolist(), layout.explained or [])


# Texts


def encode(work: Work, model: Model, request: m.Texts) -> m.Vectors:
    """The vectors of texts."""
    encoder: Any = model.encoder.encode if model.classifier is None else model.classifier.transform
    return m.Vectors(_json(encoder(request.texts)))


def classify(work: Work, model: Model, request: m.Classify) -> m.Labels:
    """The labels of texts."""
    if model.classifier is None:
        raise OptionError(f"the model must be a classifier of texts; {model.name!r} is vectors of words")
    found = model.classifier.predict(request.texts, request.topn, request.threshold)
    return m.Labels([[m.Label(label, float(probability)) for label, probability in own] for own in found])


# Several models


async def translate(work: Work, model: Model, request: m.Translate) -> m.Results:
    """The words of another model of the space that words translate to."""
    target = work.models.other(model.name, request.target)
    if request.method == "nn":
        queries = [row.astype(np.float64) for row in model.vectors[request.words]]
        return m.Results(await _nearest(work, target, queries, m.Filters(topn=request.topn)))

    def scan(_: Sequence[Any]) -> list[Any]:
        pair = work.models.pair(model, target)
        return [_named(target, found) for found in pair.translate(request.words, request.topn, "csls")]  # type: ignore[arg-type]

    return m.Results(await _asked(work, target, object(), request.words, scan))


def drift(work: Work, model: Model, request: m.DriftOf) -> m.Changes:
    """The changes of a word through the slices, or the words that changed most between two slices."""
    slices = work.models.slices(model.name)
    if (request.word is None) == (request.target is None):
        raise OptionError(
            "word or target must be given, and not both: a word to follow, or a slice to compare with; "
            f"got word={request.word!r:.60}, target={request.target!r:.60}"
        )
    if request.word is not None:
        return m.Changes([m.Change(request.word, *step) for step in slices.drift_of(request.word)])
    assert request.target is not None
    changed = slices.drift(model.name, request.target, topn=request.topn, min_count=request.min_count)
    return m.Changes([m.Change(c.word, model.name, request.target, c.drift, c.counts) for c in changed])


# Facts


def facts(work: Work, model: Model, request: None = None) -> m.Model:
    """What a model is."""
    space, classifier = list(work.models.space_of(model.name)), model.classifier
    if classifier is not None:
        shape = classifier.input.shape
        size: dict[str, Any] = {
            "size": len(classifier.words),
            "vector_size": int(shape[1]),
            "labels": classifier.labels,
        }
        own: dict[str, Any] = {"metric": "cosine", "codec": None, "counts": False, "attributes": [], "subwords": None}
        metadata = classifier.metadata
    else:
        vectors = model.vectors
        size = {"size": len(vectors), "vector_size": vectors.vector_size, "labels": None}
        own = {"metric": vectors.metric, "codec": vectors.rows.name, "counts": vectors.vocabulary.counts is not None}
        own |= {"attributes": list(vectors.attributes), "subwords": getattr(vectors.subwords, "kind", None)}
        metadata = vectors.metadata
    own["senses"] = None if classifier is not None else getattr(model.vectors, "rule", None)
    own |= {"index": None if model.index is None else model.index.kind, "space": space, "trained": _trained(metadata)}
    return m.Model(name=model.name, kind=model.kind, **size, **own)


def _trained(metadata: dict[str, Any]) -> dict[str, Any]:
    """The trainer and its options; the rest of the metadata may name files."""
    options = metadata.get("options")
    plain = {k: v for k, v in options.items() if isinstance(v, (int, float, bool))} if isinstance(options, dict) else {}
    trainer = metadata.get("trainer")
    return {"trainer": trainer, "options": plain} if isinstance(trainer, str) else {}
