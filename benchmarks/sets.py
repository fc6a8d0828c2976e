"""Sets of vectors by one product (MUVERA): the claim `sets` of claims.py."""

from __future__ import annotations

import statistics
import time
from itertools import zip_longest

import numpy as np
from common import row, table, unit

import wordvec
from wordvec.search.sets import SetEncoder

RECALLS = (0.5, 0.8, 0.9, 0.95)


def sets_of(options, words, documents, queries):
    """Documents and queries of `sets`: the unit vectors of the words of lines of the corpus, each word once."""
    found = []
    with open(options.corpus, encoding="utf-8") as lines:
        for line in lines:
            known = list(dict.fromkeys(word for word in line.split() if word in words))
            if 16 <= len(known) <= 40:
                found.append(unit(words[known]))
            if len(found) == documents + queries:
                break
    return found[:documents], [some[:8] for some in found[documents:]]


def sets(options):
    """MUVERA (Dhulipala and others 2024): one product finds the candidates that Chamfer ranks."""
    words = wordvec.load(options.vectors)
    documents, queries = sets_of(options, words, 10_000, 100)
    flat, sizes = np.concatenate(documents), [len(some) for some in documents]
    starts = np.cumsum([0, *sizes[:-1]])

    def ranked(query, some):
        """The ten documents of the highest Chamfer similarity, all or `some`."""
        if some is None:
            totals = np.maximum.reduceat(flat @ query.T, starts).sum(axis=1)
            return np.argsort(-totals, kind="stable")[:10]
        points, firsts = np.concatenate([documents[i] for i in some]), np.cumsum([0, *(sizes[i] for i in some[:-1])])
        totals = np.maximum.reduceat(points @ query.T, firsts).sum(axis=1)
        return some[np.argsort(-totals, kind="stable")[:10]]

    def seconds(work):
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    truth = [ranked(query, None) for query in queries]
    table(
        "first stage",
        "numbers a document",
        "candidates",
        "recall@10 before ranking",
        "recall@10",
        "exact: times as long",
    )
    row("none", f"{flat.size / len(sizes):.0f}", len(sizes), "-", 1.0, 1.0)

    def timed(query, choose, count):
        exact = seconds(lambda: ranked(query, None))  # both after each other: the machine has other work
        return exact / seconds(lambda: ranked(query, choose(query, count)))

    needs = []

    def show(name, numbers, choose, is_timed=True):
        orders = np.array([choose(query, len(documents) - 1)[: len(documents) - 1] for query in queries])
        places = [np.flatnonzero(np.isin(order, own)) for order, own in zip(orders, truth, strict=True)]
        places = np.sort(np.concatenate(places))
        for count in (10, 50, 200, 1000):
            found = [order[:count] for order in orders]
            ahead = statistics.mean(len(set(a) & set(b[:10])) / 10 for a, b in zip(truth, found, strict=True))
            ratio = statistics.median(timed(query, choose, count) for query in queries[:20]) if is_timed else "-"
            row(name, numbers, count, ahead, float((places < count).mean()), ratio)
        counts = [int(places[int(np.ceil(recall * len(places))) - 1]) + 1 for recall in RECALLS]
        ratios = [
            statistics.median(timed(query, choose, count) for query in queries[:20]) for count in counts * is_timed
        ]
        cells = [f"{count:,}" + (f" ({ratio:.1f})" if ratio else "") for count, ratio in zip_longest(counts, ratios)]
        needs.append([name, numbers, *cells])

    def best(totals, count):
        some = np.argpartition(-totals, count)[:count]
        return some[np.argsort(-totals[some])]

    means = unit(np.stack([some.mean(axis=0) for some in documents]))
    show("means", means.shape[1], lambda query, count: best(means @ query.mean(axis=0), count))

    def by_words(query, count):
        """Each vector of the query fetches the documents of the vectors nearest to it, in turn: the usual stage."""
        order = np.argsort(-np.maximum.reduceat(flat @ query.T, starts), axis=0, kind="stable")[:count].ravel()
        return np.array(list(dict.fromkeys(order.tolist()))[:count])

    show("each vector's nearest", f"{flat.size / len(sizes):.0f}", by_words, is_timed=False)
    for repetitions, bits, projection, final in ((10, 3, 16, None), (20, 4, 16, None), (20, 5, 16, 2560)):
        encoder = SetEncoder(
            dim=words.vector_size, repetitions=repetitions, bits=bits, projection=projection, final=final
        )
        encoded = encoder.document(documents)
        name = f"encodings {repetitions} x 2^{bits} x {projection}" + (f" to {final}" if final else "")

        def by_encoding(query, count, encoder=encoder, encoded=encoded):
            return best(encoded @ encoder.query([query])[0], count)

        show(name, encoder.size, by_encoding)
    table(
        "first stage", "numbers a document", *(f"candidates (time) for a recall@10 of {recall}" for recall in RECALLS)
    )
    for cells in needs:
        row(*cells)
