"""The stages of encoding a corpus in parts: functions that a worker runs, each a function of its arguments alone.

A part is counted: its tokens become numbers of its own words, which are sorted into groups by a hash. The words of a
group are merged from all parts and, as their counts are complete, the rare ones are left out. When the vocabulary is
chosen, each part is renumbered. The ends of its sentences follow when it is known how many tokens before it are of a
sentence that goes on in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.corpus.choice import Totals
from wordvec.corpus.encoded import BLOCK, block_digest
from wordvec.corpus.encoder import Sentences
from wordvec.corpus.grouped import Words, counted_tasks, merged_group, renumbered
from wordvec.distributed.parts import Part, part_tasks
from wordvec.distributed.store import Store
from wordvec.vocabulary import Vocabulary

CHUNK = 10_000  # ids, as EncodedCorpus.chunks has them


class Placed(NamedTuple):
    """What is known of the sentences that end in a part."""

    sentences: int
    cut: int  # splits of long sentences
    longest: int  # tokens
    chunks: NDArray[np.int64]  # sentences of the part before the ends of chunks in it
    tokens: NDArray[np.int64]  # of the corpus before these


def count_part(store: Store, name: str, part: Part, lowercase: bool, groups: int) -> int:
    """Number and count the tokens of a part; the number of empty tokens."""
    arrays, empty = counted_tasks(part_tasks(part, store), lowercase, groups)
    store.put(name, arrays)
    return empty


def merge_group(
    store: Store, name: str, parts: Sequence[str], group: int, least: int | None, given: str | None
) -> Totals:
    """Merge the words of a group from all parts; the totals of all of them. `given` names the given words."""
    known = None if given is None else _group_of(store, given, group)
    words, totals = merged_group((_group_of(store, part, group) for part in parts), least, known)
    store.put(name, words._asdict())
    return totals


def _group_of(store: Store, name: str, group: int) -> Words:
    first, last = store.read(name, "bounds", group, group + 2).tolist()
    offsets = store.read(name, "offsets", first, last + 1)
    data = store.read(name, "data", int(offsets[0]), int(offsets[-1]))
    return Words(data, offsets - offsets[0], store.read(name, "counts", first, last))


def stored_words(store: Store, name: str) -> Words:
    """The words that are stored under a name."""
    return Words(store.read(name, "data"), store.read(name, "offsets"), store.read(name, "counts"))


def renumber_part(store: Store, name: str, counted: str, vocabulary: str) -> tuple[int, int]:
    """Give the tokens of a part the ids of the vocabulary; how many are kept, and where the last line end is, or -1."""
    words = Vocabulary(store.read(vocabulary, "data"), store.read(vocabulary, "offsets"))
    table = words.rows_of(store.read(counted, "data"), store.read(counted, "offsets")).astype(np.int32)
    ids, ends = renumbered(store.read(counted, "tokens"), store.read(counted, "ends"), table)
    store.put(name, {"ids": ids, "ends": ends})
    return len(ids), int(ends[-1]) if len(ends) else -1


def place_part(store: Store, name: str, ids: str, before: int, carried: int) -> Placed:
    """Find the sentences that end in a part, `before` tokens from the start of the corpus.

    The last `carried` tokens before the part are of a sentence that goes on in it. `ends` are stored relative to the
    part: a piece of a long sentence may have ended before it.
    """
    sentences = Sentences(last=-carried)
    ends = sentences.ends(store.read(ids, "ends").astype(np.int64))
    store.put(name, {"ends": ends})
    if not len(ends):
        return Placed(0, 0, 0, ends, ends)
    longest = int(np.diff(ends, prepend=-carried).max())
    first = ((before - carried) // CHUNK + 1) * CHUNK
    marks = np.arange(first, before + int(ends[-1]) + 1, CHUNK, dtype=np.int64)
    places = np.searchsorted(ends, marks - before)
    return Placed(len(ends), sentences.cut, longest, places + 1, ends[places] + before)


class EncodedParts(NamedTuple):
    """Where the arrays of an encoded corpus lie; it can be sent to any worker, which can read any range of them."""

    store: Store
    name: str
    token_starts: NDArray[np.int64]  # [P+1] the first token of each part
    sentence_starts: NDArray[np.int64]  # [P+1] the first sentence that ends in each part

    def ids(self, start: int, stop: int) -> NDArray[np.int32]:
        """The ids of the tokens start:stop; `Lost` where a part of them is gone."""
        read = [np.empty(0, np.int32)]
        for part, first, last in _pieces(self.token_starts, start, stop):
            read.append(self.store.read(f"{self.name}/ids/{part}", "ids", first, last))
        return np.concatenate(read)

    def offsets(self, first: int, last: int) -> NDArray[np.int64]:
        """[last - first + 1] where the sentences first:last begin, and where the last one ends, in tokens."""
        read = [np.zeros(int(first == 0), np.int64)]
        for part, start, stop in _pieces(self.sentence_starts, max(first - 1, 0), last):
            ends = self.store.read(f"{self.name}/sentences/{part}", "ends", start, stop)
            read.append(ends + self.token_starts[part])
        return np.concatenate(read)

    def digests(self, array: str, first: int, last: int) -> list[bytes]:
        """The digests of the blocks first:last of "ids" or "offsets", from which a fingerprint is made."""
        size = int(self.token_starts[-1] if array == "ids" else self.sentence_starts[-1] + 1)
        found = []
        for block in range(first, last):
            start, stop = block * BLOCK, min((block + 1) * BLOCK, size)
            found.append(block_digest(self.ids(start, stop) if array == "ids" else self.offsets(start, stop - 1)))
        return found


def _pieces(starts: NDArray[np.int64], start: int, stop: int) -> list[tuple[int, int, int]]:
    """(part, first, last) of the parts that have items of start:stop, counted within the part."""
    found = []
    for part in range(max(int(np.searchsorted(starts, start, "right")) - 1, 0), len(starts) - 1):
        low, high = int(starts[part]), int(starts[part + 1])
        if low >= stop:
            break
        if max(start, low) < min(stop, high):
            found.append((part, max(start, low) - low, min(stop, high) - low))
    return found
