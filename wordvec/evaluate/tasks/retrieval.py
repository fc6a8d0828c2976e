"""Retrieval: are the documents that answer a query among the nearest to it?"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.encoders import Texts
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset, number
from wordvec.evaluate.tasks.text_classes import texts_of
from wordvec.search import arrays

Query = tuple[str, str, tuple[tuple[str, float], ...]]  # id, text, the documents that answer it with their degrees

_CORPUS, _QUERIES, _QRELS = "corpus.jsonl", "queries.jsonl", "qrels"
_DEPTH = 10
_BLOCK = 1 << 24  # cosines that are computed at a time


class Retrieval(Task):
    """BEIR's form: a folder with `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`."""

    name = "retrieval"
    suites = ("texts",)
    does = "rank of the documents that answer a query, by the cosine of text vectors"
    fast = False

    def recognise(self, place: Place) -> bool:
        """Such a folder."""
        path = place.path
        return place.is_folder and (path / _CORPUS).is_file() and (path / _QUERIES).is_file() and bool(_qrels(path))

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The queries with an answer among the documents, and all documents."""
        folder = Path(path)
        unreadable: list[str] = []
        documents = dict(_records(folder / _CORPUS, unreadable))
        answers: dict[str, dict[str, float]] = defaultdict(dict)
        for file in _qrels(folder):
            for place, line in enumerate(texts_of(file)):
                cells = line.split("\t")
                degree = number(cells[-1]) if len(cells) in (3, 4) else None
                if degree is not None:
                    answers[cells[0]][cells[-2]] = degree
                elif place:  # the first is a header
                    unreadable.append(line)
        items: list[Query] = []
        for name, text in _records(folder / _QUERIES, unreadable):
            known = tuple(sorted((one, d) for one, d in answers.get(name, {}).items() if d > 0 and one in documents))
            if known:
                items.append((name, text, known))
        wanted = "queries must be lines of JSON with _id and text, some with an answer in qrels"
        return dataset(self.name, path, items, unreadable, wanted, documents=sorted(documents.items()))

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """NDCG and recall of the ten nearest documents, of which the query itself is none, as in BEIR.

        A query without a known word is left out, or finds nothing, as the policy says.
        """
        queries: list[Query] = words.policy.counted(dataset.items)
        names = [name for name, _ in dataset.more["documents"]]
        texts = [text for _, text in dataset.more["documents"]]
        encoder = Texts(words)
        documents = encoder.encode(texts, texts)
        asked = encoder.encode([text for _, text, _ in queries], texts)
        has = asked.has if documents.has.any() else np.zeros(len(queries), np.bool_)
        used = np.flatnonzero(has | (words.policy.oov in ("zero", "mean")) & documents.has.any())
        units = arrays.unit_rows(documents.vectors).astype(np.float32)
        place = {name: row for row, name in enumerate(names)}
        gains, recalls = np.zeros(len(queries)), np.zeros(len(queries))
        step = max(1, _BLOCK // max(1, len(names)))
        known = np.flatnonzero(has)
        for first in range(0, len(known), step):
            some = known[first : first + step]
            cosines = arrays.unit_rows(asked.vectors[some]).astype(np.float32) @ units.T
            for row, query in zip(cosines, some.tolist()):
                name, _, answers = queries[query]
                if name in place:
                    row[place[name]] = -np.inf
                degrees = {place[one]: degree for one, degree in answers if one != name}
                gains[query], recalls[query] = _scores(_nearest(row), degrees)
            words.tell(len(some) / len(known))
        found = {"ndcg@10": gains, "recall@10": recalls}
        return [
            of_items(
                measure,
                "mean",
                len(queries),
                used,
                values[used],
                share=asked.coverage,
                headline=measure == "ndcg@10",
            )
            for measure, values in found.items()
        ]


def _nearest(cosines: NDArray[np.float32]) -> list[int]:
    """The ten documents with the highest cosines; of equal ones the first."""
    if len(cosines) > _DEPTH:
        least = np.partition(cosines, len(cosines) - _DEPTH)[len(cosines) - _DEPTH]
        some = np.flatnonzero(cosines >= least)
    else:
        some = np.arange(len(cosines))
    order = np.argsort(-cosines[some], kind="stable")[:_DEPTH]
    return [int(one) for one in some[order].tolist() if np.isfinite(cosines[one])]


def _scores(found: Sequence[int], degrees: dict[int, float]) -> tuple[float, float]:
    """(nDCG, recall) of documents in their order (Jarvelin and Kekalainen 2002, with the degrees as gains).

    >>> [round(score, 3) for score in _scores([7, 3, 9], {3: 1.0, 4: 1.0})]
    [0.387, 0.5]
    """
    if not degrees:
        return 0.0, 0.0
    weights = 1 / np.log2(np.arange(2, _DEPTH + 2))
    gain = sum(degrees.get(one, 0.0) * weight for one, weight in zip(found, weights))
    best = sum(degree * weight for degree, weight in zip(sorted(degrees.values(), reverse=True), weights))
    return float(gain / best), sum(one in degrees for one in found) / len(degrees)


def _qrels(folder: Path) -> list[Path]:
    """The file of answers to test on, or all of them where none is named so."""
    files = sorted((folder / _QRELS).glob("*.tsv"))
    return [file for file in files if file.stem == "test"] or files


def _records(path: Path, unreadable: list[str]) -> Iterator[tuple[str, str]]:
    """(id, title and text) of the lines of JSON."""
    for line in texts_of(path):
        try:
            content: Any = json.loads(line)
        except ValueError:
            content = None
        name, text = (content.get("_id"), content.get("text")) if isinstance(content, dict) else (None, None)
        if isinstance(name, str | int) and isinstance(text, str):
            yield str(name), f"{content.get('title') or ''} {text}".strip()
        else:
            unreadable.append(line)
