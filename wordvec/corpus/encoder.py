"""Encodes a corpus in two passes: count tokens, choose the vocabulary, renumber, split long sentences."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec.base.progress import progress_bar
from wordvec.base.threads import in_order, thread_pool
from wordvec.corpus.arrays import array_counts, array_pieces
from wordvec.corpus.blocks import RANGE, Task, text_tasks
from wordvec.corpus.choice import Choice, Chosen, Totals
from wordvec.corpus.encoded import CorpusStats, EncodedCorpus, fingerprint
from wordvec.corpus.pieces import as_pieces
from wordvec.corpus.report import warn_of_doubts
from wordvec.corpus.scratch import map_file, write_all
from wordvec.corpus.sentence_breaks import sentences_of
from wordvec.corpus.sentences import BATCH, Tokenizer, as_lines, line_tasks, lines, list_tasks, token_lists, tokenized
from wordvec.corpus.shards import Spools, formed, merged
from wordvec.corpus.sources import Arrays, Files, Lists
from wordvec.corpus.tokenizers import UNICODE, Forms, name_of
from wordvec.vocabulary import Vocabulary

LONGEST = 10_000  # tokens of a sentence; longer ones are split, so that a corpus of one line has chunks

Local = tuple[int, NDArray[np.int32], NDArray[np.int32]]  # a shard, tokens as its numbers, sentence ends among them


@dataclass
class Counted:
    """The result of the first pass."""

    words: text.Shard
    tables: list[NDArray[np.int32]]  # for each shard, its words as numbers of `words`
    pieces: Iterable[Any]
    local: Callable[[Any], Local]
    empty: int = 0


@dataclass
class Passes:
    """The encoder of one corpus: its source and options."""

    found: Files | Lists | Arrays
    min_count: int = 5
    max_vocab: int | None = None
    lowercase: bool = False
    tokenizer: Tokenizer | str | None = None  # a function, or "unicode"
    workers: int = 1
    progress: bool = False
    range_size: int = RANGE  # bytes of text in a task; tests make it tiny
    batch_size: int = BATCH  # characters of token lists in a task
    longest: int | None = LONGEST  # tokens of a sentence; None: no splitting
    keep_empty: bool = False  # sentences without a word stay
    vocabulary: Vocabulary | None = None  # the words, instead of the frequent ones
    grow: bool = False  # the words of `vocabulary` and the frequent ones
    nfc: bool = False
    fold_accents: bool = False
    split_sentences: bool = False  # lines are running text
    protected: Vocabulary | None = None  # words that are kept however rare they are
    stop_words: Vocabulary | None = None  # words that are left out

    def run(self, work: Path) -> EncodedCorpus:
        """The encoded corpus, its arrays mapped from files in the folder `work`."""
        seed = secrets.randbits(64)
        spools = Spools(work, seed, self.keep_empty, self.tokenizer == UNICODE)
        try:
            with thread_pool(self.workers) as pool:
                counted = self._numbers(seed) if isinstance(self.found, Arrays) else self._count(spools, pool)
                if self.forms:
                    counted.words, form = formed(counted.words, seed, self.forms)
                    counted.tables = [form[table] for table in counted.tables]
                totals = Totals.of(counted.words)
                chosen = self._choice.chosen(counted.words, totals, is_text=isinstance(self.found, Files))
                new_ids = np.full(len(counted.words), -1, np.int32)
                new_ids[chosen.ids] = np.arange(len(chosen.ids), dtype=np.int32)
                counted.tables = [new_ids[table] for table in counted.tables]
                ids, offsets, cut = self._write(work, counted, pool)
                digest = fingerprint(
                    chosen.vocabulary, ids, offsets, lambda work, blocks: in_order(pool, work, blocks, 16)
                )
        finally:
            spools.close()
        told = stats_of(totals, chosen, sentences=len(offsets) - 1, cut=cut, empty=counted.empty)
        warn_of_doubts(told)
        options = self._choice.options() | self.reading
        return EncodedCorpus(chosen.vocabulary, ids, offsets, told, digest, options, as_pieces(self.tokenizer))

    @property
    def forms(self) -> Forms:
        """What becomes of each word."""
        return Forms(self.lowercase, self.nfc, self.fold_accents)

    @property
    def reading(self) -> dict[str, Any]:
        """What an EncodedCorpus records of how text was read."""
        told: dict[str, Any] = {"lowercase": self.lowercase}
        told |= {name: True for name in ("nfc", "fold_accents", "split_sentences") if getattr(self, name)}
        return told if self.tokenizer is None else told | {"tokenizer": name_of(self.tokenizer)}

    @property
    def _choice(self) -> Choice:
        return Choice(self.min_count, self.max_vocab, self.vocabulary, self.grow, self.protected, self.stop_words)

    def _tasks(self) -> Iterable[Task]:
        if isinstance(self.found, Files) and not callable(self.tokenizer) and not self.split_sentences:
            return text_tasks(self.found.inputs, self.range_size)
        items = lines(self.found.inputs) if isinstance(self.found, Files) else self.found.sentences  # type: ignore[union-attr]
        if self.split_sentences:
            items = (sentence for line in as_lines(items) for sentence in sentences_of(line))
        if isinstance(self.tokenizer, str) or (self.split_sentences and self.tokenizer is None):
            return line_tasks(items, self.batch_size)
        sentences = token_lists(items) if self.tokenizer is None else tokenized(items, self.tokenizer)
        return list_tasks(sentences, self.batch_size, self.keep_empty)

    def _count(self, spools: Spools, pool: Executor) -> Counted:
        pieces = []
        with self._bar() as advance:
            for piece in in_order(pool, spools.take, self._tasks(), 2 * self.workers + 1):
                pieces.append(piece)
                advance(piece.size)
        if isinstance(self.found, Files):
            for source in self.found.inputs:
                source.check_unchanged()
        spools.close()
        spools.map()
        words, tables = merged(spools.words())
        return Counted(words, tables, pieces, spools.local, sum(piece.empty for piece in pieces))

    def _numbers(self, seed: int) -> Counted:
        assert isinstance(self.found, Arrays)
        numbers = array_counts(self.found, seed)
        table = np.arange(len(numbers.distinct), dtype=np.int32)
        return Counted(numbers.words, [table], array_pieces(self.found, numbers), lambda piece: (0, *piece))

    @contextmanager
    def _bar(self) -> Iterator[Callable[[int], object]]:
        sizes = [source.plain_size for source in self.found.inputs] if isinstance(self.found, Files) else [None]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        with progress_bar(total, self.progress, "reading", "B") as bar:
            yield (lambda size: None) if bar is None else bar.update

    def _write(self, work: Path, counted: Counted, pool: Executor) -> tuple[NDArray[np.int32], NDArray[np.int64], int]:
        """Write ids and offsets of the kept tokens, and map them; also the number of splits."""

        def renumber(piece: Any) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
            shard, tokens, ends = counted.local(piece)
            kept, kept_ends = np.empty(len(tokens), np.int32), np.empty(len(ends), np.int32)
            size = text.renumber(tokens, ends, counted.tables[shard], kept, kept_ends)
            return kept[:size], kept_ends

        written = 0
        with open(work / "ids", "wb", buffering=0) as ids, open(work / "offsets", "wb", buffering=0) as offsets:
            sentences = Sentences(self.longest, self.keep_empty)
            write_all(offsets, np.zeros(1, np.int64))
            for kept, ends in in_order(pool, renumber, counted.pieces, 2 * self.workers + 1):
                write_all(ids, kept)
                write_all(offsets, sentences.ends(ends.astype(np.int64) + written))
                written += len(kept)
        return map_file(work / "ids", np.int32), map_file(work / "offsets", np.int64), sentences.cut


def stats_of(totals: Totals, chosen: Chosen, **sentences: int) -> CorpusStats:
    """The statistics of a corpus, from those of its words and the numbers of its sentences."""
    told = asdict(totals)
    del told["most"]
    return CorpusStats(**told, **chosen.tokens, **sentences)


class Sentences:
    """From line ends to the ends of sentences: empty ones are dropped (or kept), long ones are split."""

    def __init__(self, longest: int | None = LONGEST, keep_empty: bool = False, last: int = 0) -> None:
        self.cut, self._keep_empty = 0, keep_empty
        self._longest = longest or 2**62
        self._last = last  # where the sentence before the first one ended

    def ends(self, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sentences of lines that end at these tokens, the first beginning where the last one before ended."""
        if len(ends) == 0 or (ends[-1] == self._last and not self._keep_empty):
            return np.empty(0, np.int64)
        starts = np.concatenate([[self._last], ends[:-1]])
        self._last = int(ends[-1])
        full = (ends > starts) | self._keep_empty
        starts, ends = starts[full], ends[full]
        parts = np.maximum(-(-(ends - starts) // self._longest), 1)
        if parts.max() > 1:
            self.cut += int((parts - 1).sum())
            number = np.arange(1, parts.sum() + 1) - np.repeat(np.cumsum(parts) - parts, parts)
            ends = np.minimum(np.repeat(starts, parts) + number * self._longest, np.repeat(ends, parts))
        return ends
