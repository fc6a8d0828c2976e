"""count on an executor: runs of packed rows from blocks of a corpus, shuffled through a store, added up by rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.blocks import Rows, blocks
from wordvec.cooccurrence.counter import cooccurrence_of, tell
from wordvec.cooccurrence.plan import Plan
from wordvec.cooccurrence.spill import Cells, merges
from wordvec.corpus.encoded import check_longest
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sentences import Tokenizer
from wordvec.distributed.corpus import DistributedCorpus, Share, encode_corpus
from wordvec.distributed.inbox import Inbox
from wordvec.distributed.store import Store
from wordvec.distributed.work import Call, Work
from wordvec.vocabulary import offsets_of

PARTS = 32  # blocks of the corpus, and ranges of rows, unless memory, size or the workers ask for other numbers
FEW = 8  # parts of the rows of a corpus that each worker reads whole; more would read too much
LEAST, MOST = 1 << 20, 64 << 20  # bytes of all runs that are merged by one call


def count(
    corpus: Any,
    *,
    executor: Executor | None = None,
    store: Store | None = None,
    parts: int | None = None,
    send: bool = False,
    tokenizer: Tokenizer | None = None,
    per_offset: bool = False,
    progress: bool = False,
    **options: Any,
) -> Cooccurrence:
    """The co-occurrence counts of a corpus, counted on an executor: those of `wordvec.count`, to the byte.

    `corpus` is a `DistributedCorpus`, which has its executor and store, or text that is encoded first, as
    `wordvec.distributed.encode_corpus` describes it. The options are those of `wordvec.count`: `memory`, in gigabytes,
    and `workers`, the number of threads, are those of one call, of which a worker may run several. The corpus is
    counted in about `parts` blocks (default: the workers of a pool, else 32); up to 8 parts are ranges of rows, where
    the tokens fit into the memory of each call. The matrix comes to this machine, in temporary files.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from wordvec.distributed import FolderStore
    >>> with ThreadPoolExecutor(2) as executor:
    ...     counts = count([["a", "b", "a"]], executor=executor, store=FolderStore("shared"), min_count=1, window=1)
    >>> counts.to_scipy().toarray().tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    chosen = Counting(**options)
    chosen = replace(chosen, workers=chosen.workers or 1)
    whole_number("parts", parts, optional=True)
    if isinstance(corpus, DistributedCorpus):
        if tokenizer is not None or send:
            raise OptionError("tokenizer and send serve the reading of a corpus; this one is encoded already")
        counts = _counted(corpus, chosen, parts, per_offset, progress)
    elif executor is None or store is None:
        raise OptionError("executor and store must be given to encode a corpus; a DistributedCorpus has its own")
    else:
        reading = {name: value for name, value in chosen.reading().items() if name != "workers"}
        encoded = encode_corpus(
            corpus,
            executor=executor,
            store=store,
            parts=parts,
            send=send,
            tokenizer=tokenizer,
            progress=progress,
            **reading,
        )
        try:
            counts = _counted(encoded, chosen, parts, per_offset, progress)
        finally:
            encoded.drop()
    tell(counts, chosen)
    return counts


def _counted(
    corpus: DistributedCorpus, options: Counting, parts: int | None, per_offset: bool, show: bool
) -> Cooccurrence:
    check_longest(corpus.longest, len(corpus))
    parts = parts or corpus.work.workers or PARTS
    words = np.asarray(corpus.vocabulary.counts), corpus.chunk_sentences, corpus.chunk_tokens
    plan = Plan.of(*words, options, per_offset)
    size = 16 * int(cells_of_rows(corpus, plan).sum()) // parts  # bytes of the cells, and a copy
    if parts > FEW or len(plan.sentences) > 2 or size > options.memory * 1e9:
        plan = Plan.of(*words, options, per_offset, -(-(corpus.tokens + len(corpus) + 1) // parts))
    counting = _Counting(corpus, plan, f"{corpus.parts.name}-counts-{os.urandom(6).hex()}", show)
    try:
        with scratch_folder(None, "set TMPDIR to a folder that can be written") as folder, Cells(folder) as cells:
            inbox = Inbox.make(folder)
            if len(plan.sentences) == 2:
                counting.rows(cells, inbox, parts)
            else:
                counting.runs(cells, inbox, int(options.memory * 1e9))
            arrays = cells.arrays()
    finally:
        counting.drop()
    return cooccurrence_of(corpus, options, plan.words, arrays, plan.offsets if per_offset else None)


class _Counting:
    """One count: its calls and the names of what they store."""

    def __init__(self, corpus: DistributedCorpus, plan: Plan, name: str, show: bool) -> None:
        self._corpus, self._plan, self._name, self._show = corpus, plan, name, show
        self._work: Work = corpus.work
        self._store = corpus.parts.store
        self._tables = f"{name}/tables"
        none = np.empty(0, np.int64)  # workers read the tables of words from the store, and need no other chunks
        self._shared = replace(
            plan, chances=plan.chances[:0], keep=plan.keep[:0], chunks=none, ends=none, seeds=plan.seeds[:0]
        )
        self._work.put_here(self._store, self._tables, {"chances": plan.chances, "keep": plan.keep})

    def rows(self, cells: Cells, inbox: Inbox, parts: int) -> None:
        """Count ranges of rows of the only block into `cells`."""
        ((share, plan),) = self._blocks()
        self._gathered(cells, inbox, parts, "counting", lambda *rows: (count_rows, (share, plan, self._tables, *rows)))

    def runs(self, cells: Cells, inbox: Inbox, memory: int) -> None:
        """Count all blocks into runs, and add the rows of the runs up into `cells`."""
        names = [f"{self._name}/run/{number}" for number in range(len(self._plan.sentences) - 1)]
        calls = (
            Call(count_block, (self._store, name, share, plan, self._tables), name)
            for name, (share, plan) in zip(names, self._blocks(), strict=True)
        )
        size = sum(self._work.results(calls, None, "counting", self._show))
        each = min(max(size // PARTS, LEAST), MOST, max(memory // 4, 1))
        shared = names, self._shared, self._tables
        parts = max(-(-size // each), 1)
        self._gathered(cells, inbox, parts, "adding up", lambda *rows: (merge_rows, (*shared, *rows)))

    def drop(self) -> None:
        """Remove everything that was stored."""
        self._store.drop(self._name)
        self._work.forget(f"{self._name}/")

    def _gathered(
        self, cells: Cells, inbox: Inbox, parts: int, what: str, call: Callable[[int, int], tuple[Any, Any]]
    ) -> None:
        """Write the rows that calls make, a call for each of `parts` ranges, to `cells`."""
        calls = []
        for first, last in pairwise(self._edges(parts)):
            function, arguments = call(first, last)
            name = f"{self._name}/rows/{first}"
            calls.append(Call(function, (self._store, name, inbox, *arguments), name))
        for made, _ in zip(calls, self._work.results(calls, None, what, self._show), strict=True):
            self._work.here(inbox.take, self._store, made.name, cells)

    def _edges(self, parts: int) -> list[int]:
        """First rows of ranges with about as many cells each, and the number of rows."""
        plan = self._plan
        before = offsets_of(cells_of_rows(self._corpus, plan) + 1)
        marks = np.linspace(0, before[-1], parts + 1)[1:-1]
        return np.unique([0, *np.searchsorted(before, marks), plan.words]).tolist()  # type: ignore[no-any-return]

    def _blocks(self) -> Iterator[tuple[Share, Plan]]:
        plan = self._plan
        edges = np.searchsorted(plan.chunks, plan.sentences).tolist()  # the first chunk of each block
        for first, last in pairwise(edges):
            share = self._corpus.share(first, last)
            sentences = np.array([0, share.chunks[-1]])
            yield share, replace(self._shared, chunks=share.chunks, seeds=plan.seeds[first:last], sentences=sentences)


def cells_of_rows(corpus: DistributedCorpus, plan: Plan) -> NDArray[np.int64]:
    """[words] the cells of each row, at most; given counts of words may be those of another corpus."""
    counts = np.asarray(corpus.vocabulary.counts)[: plan.words]
    cells: NDArray[np.int64] = np.minimum(counts * plan.neighbours, plan.columns)
    return cells


def count_block(store: Store, name: str, share: Share, plan: Plan, tables: str) -> int:
    """Count a share of a corpus into a run of packed rows; its size in bytes."""
    plan = _complete(store, plan, tables)
    rows, sizes, packed = Rows(plan), [np.empty(0, np.int64)], [np.empty(0, np.uint8)]
    with thread_pool(plan.threads) as pool:
        (block,) = blocks(*share.read(), plan, pool)
        for part in in_order(pool, rows.packed, block.tasks(plan), plan.ahead):
            sizes.append(part.sizes)
            packed.append(part.values)  # type: ignore[arg-type]  # bytes
    run = np.concatenate(packed)
    store.put(name, {"starts": offsets_of(np.concatenate(sizes)), "packed": run})
    return len(run)


def count_rows(
    store: Store, name: str, inbox: Inbox, share: Share, plan: Plan, tables: str, first: int, last: int
) -> None:
    """Count the rows first:last of a share that is the whole corpus."""
    plan = _complete(store, plan, tables)
    rows = Rows(plan)
    with thread_pool(plan.threads) as pool:
        (block,) = blocks(*share.read(), plan, pool, rows=(first, last))
        inbox.put(store, name, in_order(pool, rows.cells, block.tasks(plan), plan.ahead), slice(first, last))


def merge_rows(
    store: Store, name: str, inbox: Inbox, runs: Sequence[str], plan: Plan, tables: str, first: int, last: int
) -> None:
    """Add up the rows first:last of all runs, of which only these are read."""
    plan = _complete(store, plan, tables)
    table = np.zeros((len(runs), last - first + 1), np.int64)
    packed, done = [], 0
    for run, starts in zip(runs, table, strict=True):
        starts[:] = store.read(run, "starts", first, last + 1)
        packed.append(store.read(run, "packed", int(starts[0]), int(starts[-1])))
        starts += done - starts[0]
        done += len(packed[-1])
    rows = Rows(plan)
    with thread_pool(plan.threads) as pool:
        tasks = merges(np.concatenate(packed), table, plan, first)
        inbox.put(store, name, in_order(pool, rows.merged, tasks, plan.ahead), slice(None))


def _complete(store: Store, plan: Plan, tables: str) -> Plan:
    """A plan with its tables of words."""
    return replace(plan, chances=store.read(tables, "chances"), keep=store.read(tables, "keep"))
