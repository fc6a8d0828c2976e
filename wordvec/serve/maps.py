"""Maps: the first words of a model, or those around one, as points of a plane, and what they are coloured by."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Hashable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from wordvec.align.common_vocabulary import cosines_between
from wordvec.base.arguments import check_cosine
from wordvec.base.errors import OptionError
from wordvec.serve import answers
from wordvec.serve import messages as m
from wordvec.serve.guard import Refused
from wordvec.serve.models import Model
from wordvec.serve.streams import Lines, Told
from wordvec.serve.work import Work
from wordvec.transforms.layout import check_method

_KEPT = 4  # maps of a model, a few megabytes each


async def draw(work: Work, model: Model, request: m.MapOf) -> bytes | Lines:
    """A map as JSON: at once by PCA, else, and where that takes long, in lines that tell the progress first."""
    limits = work.settings.limits
    check_cosine(model=model.vectors)
    if request.word is not None and request.topn > limits.max_topn:
        raise OptionError(f"topn must be at most {limits.max_topn} with word; got {request.topn}")
    if request.target is not None:
        check_cosine(target=work.models.other(model.name, request.target).vectors)
    key = _key(work, model, request)
    if (kept := model.maps.get(key)) is not None:
        return kept
    words, scores = None, None
    if request.word is not None:
        found = (await answers.neighbours(work, model, m.Queries(queries=[request.word], topn=request.topn))).results[0]
        words = [request.word, *(near.word for near in found)]
        scores = np.array([1.0, *(near.score for near in found)], "<f4")
    count = min(request.topn, len(model.vectors)) if words is None else len(words)
    check_method(request.method, count, 2)

    def make(told: Told) -> bytes:
        body = _drawn(work, model, request, words, scores, told)
        while len(model.maps) >= _KEPT:
            model.maps.pop(next(iter(model.maps)), None)
        model.maps[key] = body
        return body

    if request.method == "pca":
        return await Lines(work, make, limits.map_timeout, lambda: None).soon(limits.timeout / 2)
    if work.is_drawing:
        text = "the server computes one map by UMAP or t-SNE at a time: ask again later, or for method pca"
        raise Refused(503, text, {"Retry-After": "10"})
    work.is_drawing = True
    return Lines(work, make, limits.map_timeout, lambda: setattr(work, "is_drawing", False))


def _key(work: Work, model: Model, request: m.MapOf) -> Hashable:
    """What a map depends on: what was asked, and the file of the other slice."""
    stamp = None if request.target is None else work.models[request.target].stamp
    return msgspec.json.encode(request), stamp


def _drawn(
    work: Work,
    model: Model,
    request: m.MapOf,
    words: list[str] | None,
    scores: NDArray[Any] | None,
    told: Told,
) -> bytes:
    vectors, topn = model.vectors, request.topn if words is None else None
    options: dict[str, Any] = {"clusters": request.clusters or None, "progress": told}
    options["workers"] = 1  # other requests go on, and t-SNE's threads would spin where cores are busy
    layout = vectors.layout(words, topn=topn, method=request.method, seed=request.seed, **options)
    rows, counts = _rows(model, layout.words), vectors.vocabulary.counts
    known = None if counts is None else np.where(rows >= 0, counts[np.maximum(rows, 0)], 0).tolist()
    drift = None if request.target is None else _drift(work, model, request.target, layout.words, rows)
    answer = m.Map(
        words=m.readable(layout.words),
        points=_base64(layout.points.astype("<f4")),
        method=layout.method,
        counts=known,
        scores=None if scores is None else _base64(scores),
        drift=None if drift is None else _base64(drift),
        clusters=None if layout.clusters is None else _base64(layout.clusters),
        cluster_words=m.readable(layout.cluster_words),
        explained=layout.explained,
    )
    return msgspec.json.encode(answer)


def _rows(model: Model, words: list[str]) -> NDArray[np.int64]:
    """[n] the index of each word in the vocabulary of a model; -1 for one that it lacks."""
    get = model.vectors.vocabulary.get
    return np.array([get(word, -1) for word in words], np.int64)


def _drift(work: Work, model: Model, target: str, words: list[str], rows: NDArray[np.int64]) -> NDArray[Any]:
    """[n] float32: 1 - cosine of the vectors of each word in two slices; NaN where one of them lacks it."""
    other = work.models.other(model.name, target)
    others = _rows(other, words)
    both = (rows >= 0) & (others >= 0)
    drift = np.full(len(words), np.nan, "<f4")
    drift[both] = 1 - cosines_between(model.vectors, other.vectors, rows[both], others[both])
    return drift


def _base64(column: NDArray[Any]) -> str:
    return b64encode(column.tobytes()).decode()
