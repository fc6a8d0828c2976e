"""Counting: from a corpus to the weighted counts of pairs of words.

A block of the corpus is counted a row at a time: for each position of the row's word, its neighbours are added up in a
dense array, from which the row is read in order. Threads count different rows, so that no results are merged. Sums are
integers, so that their order does not matter. Where the corpus does not fit into memory, each block is counted into a
run of packed rows on disk, and the runs are added up, again a row at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.logs import LOG, warn
from wordvec.base.progress import progress_bar
from wordvec.base.threads import in_order, thread_pool
from wordvec.cooccurrence.blocks import Rows, blocks
from wordvec.cooccurrence.counts import Cooccurrence
from wordvec.cooccurrence.kept import Kept
from wordvec.cooccurrence.options import Counting
from wordvec.cooccurrence.plan import Plan
from wordvec.cooccurrence.spill import Cells, Runs
from wordvec.corpus import CorpusStats, EncodedCorpus, encode_corpus
from wordvec.corpus.report import expected, in_words, warn_of_little
from wordvec.corpus.scratch import scratch_folder
from wordvec.store.checkpoints import Checkpoint
from wordvec.vocabulary import Vocabulary


def count(
    corpus: Any,
    *,
    tokenizer: Callable[[str], list[str]] | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = False,
    per_offset: bool = False,
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    **options: Any,
) -> Cooccurrence:
    """The co-occurrence counts of the words of a corpus, as a sparse matrix of float32.

    `corpus`, `tokenizer` and `cache` are as in `wordvec.encode_corpus`. The options are those of `Counting`. With
    `per_offset` each distance has its own columns: `counts.offsets` lists the distances. The counts do not depend on
    `memory` or `workers`: they are sums of integers, rounded to float32 once. The folder `checkpoint`, or that of a
    `Checkpoint`, keeps what is counted: where the corpus does not fit into `memory`, block by block.

    CorpusError where the corpus cannot be read, has no two words near each other, or the disk is full. OptionError
    where an option is out of bounds, or `memory` is too small.

    >>> counts = count([["a", "rose", "is", "a", "rose"]], window=2, distance_weight="harmonic", min_count=1)
    >>> list(counts.vocabulary), counts.to_scipy().toarray().tolist()
    (['a', 'rose', 'is'], [[0.0, 2.5, 1.5], [2.5, 0.0, 1.5], [1.5, 1.5, 0.0]])
    """
    chosen, settings = Counting(**options), Checkpoint.of(checkpoint)
    if settings is not None:
        settings.check()
    if isinstance(corpus, EncodedCorpus) and (tokenizer is not None or cache is not None):
        raise OptionError("tokenizer and cache serve the reading of a corpus; this one is encoded already")
    encoded = encode_corpus(corpus, tokenizer=tokenizer, cache=cache, progress=progress, **chosen.reading())
    if encoded.pieces is not None:
        warn(
            "counts do not keep the tokenizer of pieces, so that vectors made of them do not cut texts: train on the "
            "text itself where they should"
        )
    with nullcontext() if settings is None else settings.begun():
        kept = None
        if settings is not None:
            identity = {"counting": _recorded(chosen), "per_offset": per_offset, "corpus": encoded.fingerprint}
            kept = Kept(settings, identity)
        counts = counted(encoded, chosen, per_offset=per_offset, progress=progress, kept=kept)
    tell(counts, chosen)
    return counts


def tell(counts: Cooccurrence, options: Counting) -> None:
    """A line for the log on what was counted, and a warning where it is little."""
    assert counts.stats is not None
    stats = asdict(counts.stats)
    if (sampled := expected(counts.vocabulary, options.sample)) is not None:
        stats["sampled"] = sampled
    metadata = {"corpus": stats, "options": counts.options}
    warn_of_little(metadata)
    LOG.info("count: %s; %s cells of %s words", in_words(metadata), f"{len(counts.data):,}", f"{counts.shape[0]:,}")


def counted(
    corpus: EncodedCorpus,
    options: Counting,
    *,
    per_offset: bool = False,
    progress: bool = False,
    kept: Kept | None = None,
) -> Cooccurrence:
    """The counts of an encoded corpus, as `count` describes them; `kept` is what was counted before."""
    corpus.check_pairs()
    if kept is not None and (complete := kept.counts()) is not None:
        return complete
    plan = Plan.make(corpus, options, per_offset)
    advice = "set TMPDIR to a folder that can be written"
    with scratch_folder(None, advice) as folder, thread_pool(plan.threads) as pool:
        cells = _count(corpus, plan, folder, pool, progress, kept)
        arrays = cells.arrays()
    counts = cooccurrence_of(corpus, options, plan.words, arrays, plan.offsets if per_offset else None)
    return counts if kept is None else kept.keep(counts)


class Counted(Protocol):
    """What counts tell of the corpus they are of: an `EncodedCorpus`, or one that lies on several machines."""

    @property
    def vocabulary(self) -> Vocabulary: ...  # noqa: D102
    @property
    def stats(self) -> CorpusStats: ...  # noqa: D102
    @property
    def fingerprint(self) -> str: ...  # noqa: D102
    @property
    def options(self) -> dict[str, Any]: ...  # noqa: D102


def cooccurrence_of(
    corpus: Counted,
    options: Counting,
    words: int,
    arrays: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    offsets: NDArray[np.int64] | None,
) -> Cooccurrence:
    """The counts of the first `words` words of a corpus, from (indptr, indices, data); CorpusError without a cell."""
    if not len(arrays[2]):
        raise CorpusError(
            "no two words stand near each other: every sentence has at most one word that is counted, or none within "
            f"side={options.side!r}; give longer sentences or a lower min_count"
        )
    all_words = words == len(corpus.vocabulary)
    vocabulary = corpus.vocabulary if all_words else corpus.vocabulary.take(slice(0, words))
    reading = dict(corpus.options) if options.gaps == "close" else {"lowercase": corpus.options.get("lowercase", False)}
    return Cooccurrence(
        vocabulary,
        *arrays,
        _recorded(options) | reading,
        corpus.stats if all_words else _stats(corpus, options, words),
        corpus.fingerprint,
        offsets,
        checked=True,
    )


def _recorded(options: Counting) -> dict[str, Any]:
    """The options that counts depend on, of a trainer as well."""
    return {f.name: getattr(options, f.name) for f in fields(Counting) if not f.metadata["resource"]}


def _count(corpus: EncodedCorpus, plan: Plan, folder: Path, pool: Executor, progress: bool, kept: Kept | None) -> Cells:
    """Count block by block: one block gives the cells, several blocks give runs, which are added up."""
    rows = Rows(plan)
    several = len(plan.sentences) > 2
    with progress_bar(len(corpus.ids) * (1 + several), progress, "counting") as bar, Cells(folder) as cells:

        def advance(tokens: int) -> None:
            if bar is not None:
                bar.update(tokens)

        if not several:
            (block,) = blocks(corpus.ids, corpus.offsets, plan, pool)
            for part in in_order(pool, rows.cells, block.tasks(plan), plan.ahead):
                cells.add(part)
                advance(part.tokens)
            return cells
        with Runs(folder if kept is None else kept.made(), plan.words) as runs:
            done = 0 if kept is None else kept.begin(runs, plan)
            advance(int(corpus.offsets[plan.sentences[done]]))
            for block in blocks(corpus.ids, corpus.offsets, plan, pool, done):
                runs.start()
                for packed in in_order(pool, rows.packed, block.tasks(plan), plan.ahead):
                    runs.add(packed)
                    advance(packed.tokens)
                if kept is not None:
                    kept.end_block(runs, plan)
            runs.map()
            for part in in_order(pool, rows.merged, runs.tasks(plan), plan.ahead):
                cells.add(part)
                advance(part.tokens)
        return cells


def _stats(corpus: Counted, options: Counting, words: int) -> CorpusStats:
    """The statistics of the corpus where words that are not counted keep their positions."""
    counts = np.asarray(corpus.vocabulary.counts)
    frequent = int((counts >= options.min_count).sum())
    kept, beyond = int(counts[:words].sum()), int(counts[words:frequent].sum())
    rare = corpus.stats.kept - kept - beyond
    stats = corpus.stats
    return replace(stats, kept=kept, too_rare=stats.too_rare + rare, beyond_max_vocab=stats.beyond_max_vocab + beyond)
