"""Clustering of texts: do clusters of text vectors, by spherical k-means, agree with the labels of the texts?"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import numpy as np

from wordvec.evaluate.encoders import Texts
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, dataset
from wordvec.evaluate.tasks.text_classes import in_clusters, texts_of

Item = tuple[int, str, str]  # part, label, text

_LISTS, _ONE = ("sentences", "labels"), ("text", "label")  # names of MTEB's sets, and of sets of a text a line


class TextClustering(Task):
    """MTEB's form: lines of JSON with the lists `sentences` and `labels`, or with a `text` and a `label`."""

    name = "text-clustering"
    suites = ("texts",)
    does = "agreement of clusters of text vectors with the labels of the texts"
    fast = False

    def recognise(self, place: Place) -> bool:
        """Such lines."""
        found = sum(bool(_items(0, line)) for line in place.head)
        return found > 0 and found >= MOST * len(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The texts with their labels. Each line with lists is a part of its own."""
        items: list[Item] = []
        unreadable: list[str] = []
        for number, line in enumerate(texts_of(path)):
            found = _items(number, line)
            items += found
            if not found:
                unreadable.append(line)
        wanted = "a line must hold JSON with sentences and labels, or with text and label"
        return dataset(self.name, path, items, unreadable, wanted)

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """V-measure over ten seeds of k-means with as many clusters as labels; of several parts the mean."""
        items: list[Item] = words.policy.counted(dataset.items)
        encoded = Texts(words).encode([text for _, _, text in items])
        part = np.array([number for number, _, _ in items])
        classes = np.unique(np.array([label for _, label, _ in items], object), return_inverse=True)[1].reshape(-1)
        found = []
        for one in np.unique(part).tolist():
            some = np.flatnonzero(part == one)
            own = encoded._replace(vectors=encoded.vectors[some], has=encoded.has[some])
            found += in_clusters(own, classes[some], seed, some)
            words.tell(len(some) / len(items))
        return [replace(_mean(found), total=len(items), used=sum(one.used for one in found), share=encoded.coverage)]


def _mean(found: list[Outcome]) -> Outcome:
    """The mean of scores, of their bounds, deviations and draws; no score where one has none."""
    first = next((one for one in found if one.reason), found[0])
    if first.reason:
        return replace(first, score=None, low=None, high=None, deviation=None, drawn=None)
    means = {
        name: float(np.mean([getattr(one, name) for one in found])) for name in ("score", "low", "high", "deviation")
    }
    drawn = np.mean([one.drawn for one in found if one.drawn is not None], axis=0)
    items = np.concatenate([one.items for one in found if one.items is not None])
    return replace(first, items=items, drawn=drawn, **means)  # type: ignore[arg-type]  # all are numbers


def _items(number: int, line: str) -> list[Item]:
    """The texts of a line; none where it is no such line."""
    try:
        content: Any = json.loads(line)
    except ValueError:
        return []
    if not isinstance(content, dict):
        return []
    texts, labels = (content.get(name) for name in _LISTS)
    if texts is None and labels is None:
        number, texts, labels = 0, *([content.get(name)] for name in _ONE)
    if not isinstance(texts, list) or not isinstance(labels, list) or len(texts) != len(labels):
        return []
    return [
        (number, str(label), text.strip())
        for text, label in zip(texts, labels)
        if isinstance(text, str) and text.strip() and isinstance(label, str | int)
    ]
