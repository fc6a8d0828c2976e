"""Relations: pairs of a child and its parent, as ids of nodes; from lines `child TAB parent` or from pairs of names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.digests import digest_of
from wordvec.base.errors import CorpusError
from wordvec.base.logs import warn
from wordvec.inputs import read_lines
from wordvec.vocabulary import Vocabulary

_SHOWN = 60  # characters of a line in a message


@dataclass(frozen=True)
class RelationStats:
    """What was read: read == pairs + self_pairs + repeated."""

    read: int  # pairs that were given
    pairs: int  # distinct pairs of two nodes, which are learned from
    self_pairs: int  # pairs of a node and itself, left out
    repeated: int  # pairs that were there before, left out
    blank: int  # lines without a character, not read as pairs
    nodes: int
    cyclic: int  # nodes that are on a cycle, or between two: ancestors of theirs lead back to them


@dataclass(frozen=True, eq=False)
class Relations:
    """Pairs (child, parent) of nodes, each once: a tree, its closure, or any directed graph.

    >>> relations = Relations.of([("dog", "mammal"), ("cat", "mammal"), ("mammal", "animal")])
    >>> list(relations.vocabulary), relations.pairs.tolist()
    (['mammal', 'animal', 'cat', 'dog'], [[0, 1], [2, 0], [3, 0]])
    """

    vocabulary: Vocabulary  # the nodes, by falling number of their pairs, equal ones by bytes; counts are these numbers
    pairs: NDArray[np.int32]  # [N, 2] ids of child and parent, by child, then by parent
    stats: RelationStats
    fingerprint: str  # a hash of names and pairs: the same for the same pairs in any order
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Any) -> Relations:
        """The relations of a file of lines `child TAB parent`, of several, or of pairs of names.

        `source` is a path (also compressed, a URL, or "-" for standard input), a list of `os.PathLike`, an iterable of
        pairs of str, or relations, which are returned. Names may hold spaces; those around a name are left out, and so
        are blank lines. Pairs of a node with itself and repeated pairs are left out with a warning, and a cycle is
        named in one. CorpusError for a line or an item that is no pair, and where no pair of two nodes is left.
        """
        if isinstance(source, Relations):
            return source
        if isinstance(source, (str, os.PathLike)):
            source = [source]
        if not isinstance(source, Iterable) or isinstance(source, bytes):
            raise CorpusError(f"relations must be a file of lines `child TAB parent`, or pairs; got {source!r:.60}")
        items = source if isinstance(source, (list, np.ndarray)) else list(source)
        if len(items) and all(isinstance(item, (str, os.PathLike)) for item in items):
            names: list[tuple[str, str] | None] = list(chain.from_iterable(_of_lines(path) for path in items))
        else:
            names = [_pair_of(item, place) for place, item in enumerate(items)]
        return cls._of_names([pair for pair in names if pair is not None], names.count(None))

    @classmethod
    def _of_names(cls, names: list[tuple[str, str]], blank: int) -> Relations:
        if not names:
            raise CorpusError("relations must hold at least one pair of a child and its parent; got none")
        numbers: dict[str, int] = {}
        ids = np.array([numbers.setdefault(name, len(numbers)) for name in chain.from_iterable(names)], np.int64)
        given = ids.reshape(-1, 2)
        other = given[given[:, 0] != given[:, 1]]
        if not len(other):
            (one, *_), count = numbers, len(given)
            raise CorpusError(
                f"relations must hold at least one pair of two nodes; all {count} are of a node and itself, such as "
                f"{one!r}: a graph of one node has no distances"
            )
        packed = np.unique(other[:, 0] * len(numbers) + other[:, 1])
        pairs = np.stack(np.divmod(packed, len(numbers)), axis=1)
        counts = np.bincount(pairs.ravel(), minlength=len(numbers))
        encoded = [name.encode("utf-8", "surrogateescape") for name in numbers]
        order = sorted(range(len(numbers)), key=lambda node: (-counts[node], encoded[node]))
        order = [node for node in order if counts[node]]  # nodes of self pairs alone have no place
        rank = np.zeros(len(numbers), np.int64)
        rank[order] = np.arange(len(order))
        ranked = rank[pairs]
        ranked = np.ascontiguousarray(ranked[np.lexsort((ranked[:, 1], ranked[:, 0]))].astype(np.int32))
        vocabulary = Vocabulary.from_words([encoded[node] for node in order], counts[order])
        cyclic = on_cycles(ranked, len(order))
        stats = RelationStats(
            read=len(given),
            pairs=len(pairs),
            self_pairs=len(given) - len(other),
            repeated=len(other) - len(pairs),
            blank=blank,
            nodes=len(order),
            cyclic=len(cyclic),
        )
        relations = cls(vocabulary, ranked, stats, _fingerprint(vocabulary, ranked))
        relations._warn(cyclic)
        return relations

    def _warn(self, cyclic: NDArray[np.int64]) -> None:
        """Say what was left out, and that a cycle is no tree."""
        for number, what in (
            (self.stats.self_pairs, "of a node and itself say nothing and are left out"),
            (self.stats.repeated, "are repeated and count once"),
        ):
            if number:
                warn(f"{number:,} of {self.stats.read:,} pairs {what}")
        if len(cyclic):
            some = ", ".join(repr(self.vocabulary[node]) for node in cyclic[:3].tolist())
            warn(
                f"the relations are no tree: {len(cyclic):,} nodes are their own ancestors or lie between such nodes, "
                f"{some} among them; child and parent are trained as they are given, but depth means little there"
            )

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self.pairs)

    def __repr__(self) -> str:
        return f"<Relations: {len(self):,} pairs of {len(self.vocabulary):,} nodes>"

    def parents(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The parents of all nodes in CSR form: indptr [V + 1], and the parents of each node, rising."""
        return starts_of(self.pairs[:, 0], len(self.vocabulary)), np.ascontiguousarray(self.pairs[:, 1])


def starts_of(sorted_ids: NDArray[Any], nodes: int) -> NDArray[np.int64]:
    """[nodes + 1] where each node begins among ids that rise."""
    return np.searchsorted(sorted_ids, np.arange(nodes + 1)).astype(np.int64)


def on_cycles(pairs: NDArray[np.int32], nodes: int) -> NDArray[np.int64]:
    """The nodes that stay when those without parents, then those without children, are taken away again and again.

    Those are on cycles, or between two of them; none in a tree and in any graph without a cycle.
    """
    left = np.arange(len(pairs))
    for side in (0, 1):
        left = left[_layers_left(pairs[left, side], pairs[left, 1 - side], nodes)]
    return np.unique(pairs[left]).astype(np.int64)


def _layers_left(tails: NDArray[np.int32], heads: NDArray[np.int32], nodes: int) -> NDArray[np.bool_]:
    """Which edges stay when nodes that are no tail are taken away with their edges, again and again."""
    order = np.argsort(heads, kind="stable")
    starts = starts_of(heads[order], nodes)
    degree = np.bincount(tails, minlength=nodes)
    stays = np.ones(len(tails), bool)
    front = np.flatnonzero((degree == 0) & (np.diff(starts) > 0))
    while len(front):
        sizes = starts[front + 1] - starts[front]
        places = np.arange(sizes.sum()) + np.repeat(starts[front] - np.append(0, np.cumsum(sizes)[:-1]), sizes)
        edges = order[places]
        stays[edges] = False
        gone, times = np.unique(tails[edges], return_counts=True)
        degree[gone] -= times
        front = gone[degree[gone] == 0]
    return stays


def pairs_of(
    path: str | os.PathLike[str], *, encoding: str = "utf-8", delimiter: str = "\t"
) -> Iterator[tuple[str, str]]:
    """The pairs of a file without its blank lines; CorpusError names a line that is no pair."""
    yield from (pair for pair in _of_lines(path, encoding, delimiter) if pair is not None)


def _of_lines(
    path: str | os.PathLike[str], encoding: str = "utf-8", delimiter: str = "\t"
) -> Iterator[tuple[str, str] | None]:
    """The pairs of a file, None for a blank line; CorpusError names a line that is no pair."""
    for number, line in enumerate(read_lines(path, encoding=encoding, error=CorpusError), 1):
        cells = [cell.strip() for cell in line.split(delimiter)]
        if cells == [""]:
            yield None
        elif len(cells) == 2 and all(cells):
            yield cells[0], cells[1]
        else:
            found = f"{len(cells)} column{'s' * (len(cells) != 1)}" if all(cells) else "an empty name"
            hint = "; columns are separated by a tab, and names may hold spaces" if len(cells) == 1 else ""
            raise CorpusError(
                f"{os.fspath(path)}: a line must be `child TAB parent`; line {number} has {found}{hint}: {line!r:.60}"
            )


def _pair_of(item: Any, place: int) -> tuple[str, str]:
    """A pair of names; CorpusError for anything else."""
    cells = item.tolist() if isinstance(item, np.ndarray) else item
    if not isinstance(cells, (tuple, list)) or len(cells) != 2 or not all(isinstance(cell, str) for cell in cells):
        raise CorpusError(f"a relation must be a pair of two str, (child, parent); number {place} is {item!r:.60}")
    if not all(cell.strip() for cell in cells):
        raise CorpusError(f"a relation must have two names; number {place} has an empty one: {item!r:.60}")
    return cells[0].strip(), cells[1].strip()


def _fingerprint(vocabulary: Vocabulary, pairs: NDArray[np.int32]) -> str:
    return digest_of(vocabulary.data, vocabulary.offsets, pairs)
