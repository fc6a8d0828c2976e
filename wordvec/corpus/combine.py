"""Combine several corpora, and restrict a corpus to a vocabulary, for slices by time or source."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec.base.errors import CorpusError, OptionError
from wordvec.corpus.choice import Choice, Totals
from wordvec.corpus.encoded import CorpusStats, EncodedCorpus, fingerprint
from wordvec.corpus.scratch import map_file, scratch_folder, write_all
from wordvec.vocabulary import Vocabulary

Ids = NDArray[np.int32]
Offsets = NDArray[np.int64]

PIECE = 10_000  # ids renumbered in one block


def together(corpora: Sequence[EncodedCorpus], *, min_count: int = 5, max_vocab: int | None = None) -> EncodedCorpus:
    """Concatenate corpora; words occur `min_count` times in all of them together, at most `max_vocab` words.

    Pieces of the corpora take turns, as many of each at any time as its share of the whole: what comes last, when the
    learning rate is low, is of all of them. What the corpora themselves have left out stays out.

    >>> from wordvec.corpus import encode_corpus
    >>> parts = [encode_corpus(text, min_count=1) for text in ([["a", "rose"]], [["a", "daisy", "a"]])]
    >>> whole = together(parts, min_count=2)
    >>> list(whole.vocabulary), whole.ids.tolist()
    (['a'], [0, 0, 0])
    """
    union = merged_vocabulary([corpus.vocabulary for corpus in corpora])
    counts = np.asarray(union.counts)
    frequent = int((counts >= min_count).sum())
    if not frequent:
        raise CorpusError(
            f"no word occurs {min_count} times or more in all corpora together: the most frequent occurs "
            f"{int(counts.max(initial=0))} times; give more text or a lower min_count"
        )
    vocabulary = union.take(slice(0, frequent if max_vocab is None else min(frequent, max_vocab)))
    tables = [_numbers(corpus.vocabulary, vocabulary) for corpus in corpora]
    turns = sorted(
        ((2 * piece + 1) / (2 * pieces), place, piece)
        for place, corpus in enumerate(corpora)
        for pieces in [len(corpus.chunks(PIECE)) - 1]
        for piece in range(pieces)
    )
    chunks = [corpus.chunks(PIECE) for corpus in corpora]
    pieces = (_piece(corpora[place], chunks[place], piece, tables[place]) for _, place, piece in turns)
    common, kept = int(counts[:frequent].sum()), int(counts[: len(vocabulary)].sum())
    stats = [corpus.stats for corpus in corpora]
    read = sum(told.read for told in stats)
    beyond, unlisted = sum(told.beyond_max_vocab for told in stats), sum(told.unlisted for told in stats)
    return _written(
        vocabulary,
        pieces,
        stats,
        read=read,
        kept=kept,
        too_rare=read - common - beyond - unlisted,
        beyond_max_vocab=common - kept + beyond,
        unlisted=unlisted,
        types_read=len(union),
        options={"min_count": min_count, "max_vocab": max_vocab},
    )


def restricted(corpus: EncodedCorpus, vocabulary: Vocabulary, *, min_count: int = 1) -> EncodedCorpus:
    """A corpus restricted to the words of a vocabulary, and to those with at least `min_count` occurrences.

    Its words stay in their order, with their counts. CorpusError where no word is left.

    >>> from wordvec.corpus import encode_corpus
    >>> corpus = encode_corpus([["a", "rose", "is", "a", "rose"]], min_count=1)
    >>> few = restricted(corpus, Vocabulary.from_words(["rose", "daisy", "is"]))
    >>> list(few.vocabulary), few.ids.tolist(), few.stats.kept
    (['rose', 'is'], [0, 1, 0], 3)
    """
    own = corpus.vocabulary
    counts = np.asarray(own.counts)
    known = vocabulary.rows_of(own.data, own.offsets) >= 0
    left = np.flatnonzero(known & (counts >= min_count))
    if not len(left):
        raise CorpusError(
            f"a corpus must have words of the vocabulary it is restricted to, {min_count} times or more; "
            f"none of its {len(own)} words is one"
        )
    table = np.full(len(own), -1, np.int32)
    table[left] = np.arange(len(left), dtype=np.int32)
    chunks, told = corpus.chunks(PIECE), corpus.stats
    kept, rare = int(counts[left].sum()), int(counts[known].sum())
    return _written(
        own.take(left),
        (_piece(corpus, chunks, piece, table) for piece in range(len(chunks) - 1)),
        [told],
        read=told.read,
        kept=kept,
        too_rare=told.too_rare + rare - kept,
        beyond_max_vocab=told.beyond_max_vocab,
        unlisted=told.read - told.too_rare - told.beyond_max_vocab - rare,
        types_read=told.types_read,
        options={**corpus.options, "min_count": min_count},
    )


def rechosen(corpus: EncodedCorpus, choice: Choice, options: dict[str, Any]) -> EncodedCorpus:
    """A corpus with another choice of its words, in the order of a vocabulary; what it left out before stays out.

    `options` are recorded beside those of the choice. CorpusError where no word is left.

    >>> from wordvec.corpus import encode_corpus
    >>> corpus = encode_corpus([["a", "rose", "is", "a", "rose"]], min_count=1)
    >>> few = rechosen(corpus, Choice(min_count=2), {})
    >>> list(few.vocabulary), few.ids.tolist(), few.stats.too_rare
    (['a', 'rose'], [0, 1, 0, 1], 1)
    """
    own, told = corpus.vocabulary, corpus.stats
    counts = np.asarray(own.counts)
    used = np.flatnonzero(counts)
    taken, words = own.take(used), text.Shard(secrets.randbits(64))
    words.add(taken.data, taken.offsets, np.empty(len(used), np.int32), np.ascontiguousarray(counts[used]))
    totals = Totals.of(words)
    chosen = choice.chosen(words, totals)
    table = np.full(len(own), -1, np.int32)
    occurring = np.flatnonzero(chosen.ids < len(used))  # others are given words that do not occur
    table[used[chosen.ids[occurring]]] = occurring
    chunks = corpus.chunks(PIECE)
    lost = told.read - told.kept
    reasons = {name: chosen.tokens[name] + getattr(told, name) for name in ("too_rare", "beyond_max_vocab", "unlisted")}
    renamed = _written(
        chosen.vocabulary,
        (_piece(corpus, chunks, piece, table) for piece in range(len(chunks) - 1)),
        [told],
        read=totals.read + lost,
        kept=chosen.tokens["kept"],
        types_read=max(totals.types_read, told.types_read if lost else 0),
        options=choice.options() | options,
        **reasons,
    )
    return replace(renamed, pieces=corpus.pieces)


def merged_vocabulary(vocabularies: Iterable[Vocabulary]) -> Vocabulary:
    """The words of several vocabularies with the sums of their counts, by falling count, equal counts by bytes.

    OptionError where the counts of one are unknown.

    >>> first, second = Vocabulary.from_words(["b", "a"], [3, 1]), Vocabulary.from_words(["a", "c"], [2, 1])
    >>> union = merged_vocabulary([first, second])
    >>> list(union), union.counts.tolist()
    (['a', 'b', 'c'], [3, 3, 1])
    """
    words = text.Shard(secrets.randbits(64))
    for vocabulary in vocabularies:
        if vocabulary.counts is None:
            raise OptionError("vocabularies must have counts to be merged; one has none: give it some by recounted()")
        ids = np.empty(len(vocabulary), np.int32)
        words.add(vocabulary.data, vocabulary.offsets, ids, np.ascontiguousarray(vocabulary.counts))
    order = np.arange(len(words), dtype=np.int32)
    counts = words.counts()
    words.sort(order, counts)
    return Vocabulary(*words.words(order), counts[order])


def numbered_words(*several: tuple[NDArray[np.uint8], Offsets]) -> tuple[Vocabulary, list[Ids]]:
    """The distinct words of several lists of packed words, in the order they first come; and for each list its rows.

    >>> from wordvec.vocabulary import packed
    >>> words, rows = numbered_words(packed(["a", "b"]), packed(["b", "c", "c"]))
    >>> list(words), [part.tolist() for part in rows]
    (['a', 'b', 'c'], [[0, 1], [1, 2, 2]])
    """
    words, rows = text.Shard(secrets.randbits(64)), []
    for data, offsets in several:
        rows.append(np.empty(len(offsets) - 1, np.int32))
        words.add(data, offsets, rows[-1])
    return Vocabulary(*words.words(np.arange(len(words), dtype=np.int32))), rows


def _numbers(own: Vocabulary, other: Vocabulary) -> Ids:
    """[V] the row of each word in another vocabulary, -1 where it has none."""
    return other.rows_of(own.data, own.offsets).astype(np.int32)


def _piece(corpus: EncodedCorpus, chunks: Offsets, piece: int, table: Ids) -> tuple[Ids, Offsets]:
    """The renumbered ids of some sentences, and the ends of those that are not empty."""
    offsets = corpus.offsets[chunks[piece] : chunks[piece + 1] + 1]
    ids = table[corpus.ids[offsets[0] : offsets[-1]]]
    kept = ids >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[offsets - offsets[0]]
    return ids[kept], ends[1:][np.diff(ends) > 0]


def _written(
    vocabulary: Vocabulary,
    pieces: Iterator[tuple[Ids, Offsets]],
    told: Sequence[CorpusStats],
    *,
    options: dict[str, Any],
    **tokens: int,
) -> EncodedCorpus:
    """The corpus of all pieces, in files that are deleted with it."""
    with scratch_folder(None) as work:
        ids, offsets = mapped_pieces(work, pieces)
        stats = CorpusStats(
            **tokens,
            sentences=len(offsets) - 1,
            cut=sum(one.cut for one in told),
            invalid_utf8=sum(one.invalid_utf8 for one in told),
            nul=sum(one.nul for one in told),
            empty=sum(one.empty for one in told),
            joined=sum(one.joined for one in told),
        )
        return EncodedCorpus(vocabulary, ids, offsets, stats, fingerprint(vocabulary, ids, offsets), options)


def mapped_pieces(work: Path, pieces: Iterable[tuple[Ids, Offsets]]) -> tuple[Ids, Offsets]:
    """The ids and offsets of a corpus from pieces of ids and the ends of the sentences in them, in files in `work`."""
    with open(work / "ids", "wb", buffering=0) as ids, open(work / "offsets", "wb", buffering=0) as offsets:
        written = 0
        write_all(offsets, np.zeros(1, np.int64))
        for kept, ends in pieces:
            write_all(ids, kept)
            write_all(offsets, ends + written)
            written += len(kept)
    return map_file(work / "ids", np.int32), map_file(work / "offsets", np.int64)
