"""encode_corpus on an executor: a corpus whose arrays lie in a store, equal to that of one machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import CorpusError, OptionError
from wordvec.corpus import CorpusStats, EncodedCorpus
from wordvec.corpus.checks import wrong_texts
from wordvec.corpus.choice import Choice, Totals
from wordvec.corpus.encode import choice_of, given_tokenizer
from wordvec.corpus.encoded import BLOCK, block_digest, check_longest, is_encoded, joined_digests
from wordvec.corpus.encoder import stats_of
from wordvec.corpus.grouped import chosen_from, grouped_words
from wordvec.corpus.pieces import Pieces
from wordvec.corpus.report import warn_of_doubts, warn_of_punctuation
from wordvec.corpus.scratch import map_file, scratch_folder, write_all
from wordvec.corpus.sentences import Tokenizer
from wordvec.corpus.sources import ADVICE, Arrays, Files, Lists, resolve
from wordvec.corpus.tokenizers import name_of, unicode_words
from wordvec.distributed.encoding import (
    EncodedParts,
    Placed,
    count_part,
    merge_group,
    place_part,
    renumber_part,
    stored_words,
)
from wordvec.distributed.parts import Packed, Part, Sending, Sent, file_parts, part_size, unpack, word_groups
from wordvec.distributed.store import Lost, Store, check_stored_name
from wordvec.distributed.work import Call, Work
from wordvec.inputs import is_stream
from wordvec.vocabulary import Vocabulary, offsets_of

STEP = 64  # blocks of which one worker computes digests


def encode_corpus(
    source: Any,
    *,
    executor: Executor,
    store: Store,
    parts: int | None = None,
    send: bool = False,
    name: str | None = None,
    min_count: int | None = None,
    max_vocab: int | None = None,
    lowercase: bool = False,
    vocabulary: Vocabulary | Iterable[str] | None = None,
    grow: Vocabulary | Iterable[str] | None = None,
    tokenizer: Tokenizer | str | None = None,
    progress: bool = False,
) -> DistributedCorpus:
    """Encode a corpus on the workers of an executor, as `wordvec.encode_corpus` does on one machine.

    `source` and the options are those of `wordvec.encode_corpus`; vocabulary, ids, sentences, and counts of tokens are
    the same, whatever the workers and `parts`. Files are cut into about `parts` parts (by default twice as many as
    workers, or 32 where their number is unknown, of 1 to 64 MB), which workers open; compressed files that are larger
    are unpacked by a worker. With `send`, and always for standard input, token lists and
    `tokenizer`, text is read in this process and sent to the workers through the store. `name` is the name of the
    corpus in the store (default: one that no other has).

    `executor` is any with `submit`: a process pool, `client.get_executor()` of Dask, or MPI's. Functions and arguments
    that it runs are small; arrays go through the `store`. What is lost from it is made again. Errors of a worker name
    its host: CorpusError for a file that it cannot read, or that is another one there.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from wordvec.distributed import FolderStore
    >>> with ThreadPoolExecutor(2) as executor:
    ...     corpus = encode_corpus([["to", "be"], ["be"]], executor=executor, store=FolderStore("shared"), min_count=1)
    ...     corpus.gather()
    <EncodedCorpus: 3 tokens of 2 words in 2 sentences>
    """
    choice = choice_of(min_count, max_vocab, vocabulary, grow)
    parts = whole_number("parts", parts, optional=True)
    cut = given_tokenizer(tokenizer)
    if isinstance(cut, Pieces):
        raise OptionError(
            "a tokenizer of pieces must be left out on several workers: encode the text by wordvec.encode_corpus: a "
            "cluster takes the result"
        )
    reading: dict[str, Any] = {"lowercase": lowercase} | ({} if cut is None else {"tokenizer": name_of(cut)})
    if isinstance(cut, str):
        cut = unicode_words
    found = _found(source, cut is not None)
    own = f"corpus-{os.urandom(6).hex()}" if name is None else name
    check_stored_name(own)
    sends = send or isinstance(found, Lists) or cut is not None or any(is_stream(x.name) for x in found.inputs)
    work = Work(executor)
    size = part_size(found, parts, work.workers, sends)
    sending = Sending(found, cut, store, f"{own}/text", size) if sends else None
    assert sending is not None or isinstance(found, Files)
    given = file_parts(found.inputs, size) if sending is None else sending.parts()  # type: ignore[union-attr]
    encoding = _Encoding(work, store, own, choice, reading, word_groups(found), progress)
    try:
        corpus = encoding.run(given, sending, isinstance(found, Files))
    except BaseException:
        store.drop(own)
        raise
    warn_of_doubts(corpus.stats)
    if isinstance(found, Files) and cut is None and not choice.fixed:  # cut at white space
        warn_of_punctuation(corpus.vocabulary)
    return corpus


def _found(source: Any, has_tokenizer: bool) -> Files | Lists:
    """The kind of corpus; CorpusError for what cannot be cut into parts."""
    if isinstance(source, EncodedCorpus) or (isinstance(source, (str, os.PathLike)) and is_encoded(source)):
        raise CorpusError(
            "a corpus must be text to be encoded by several workers; this one is encoded already: train on it as it "
            "is, or count it without a cluster"
        )
    if not isinstance(source, (str, bytes, os.PathLike)) and (problem := wrong_texts(source, rows=True)):
        raise CorpusError(f"a corpus cannot be {problem}; {ADVICE}")
    found = resolve(source, has_tokenizer)
    if isinstance(found, Arrays):
        raise CorpusError("a corpus must be text to be encoded by several workers; got ids: use wordvec.encode_corpus")
    return found


@dataclass
class _Encoding:
    """One run over a corpus: its stages, on whatever workers."""

    work: Work
    store: Store
    name: str
    choice: Choice
    reading: Mapping[str, Any]  # how text is read, as the corpus records it
    groups: int
    progress: bool

    def run(self, parts: Iterable[Part | Packed], sending: Sending | None, is_text: bool) -> DistributedCorpus:
        """The corpus, once all stages are done."""
        ahead = None if sending is None else 2 * (self.work.workers or 16) + 1
        calls = self._counting(parts, sending)
        empty = list(self.work.results(calls, ahead, "counting words", self.progress))
        totals = self._merged(len(empty))
        chosen = self.work.here(self._chosen, totals, is_text)
        vocabulary = chosen.vocabulary
        words = {"data": vocabulary.data, "offsets": vocabulary.offsets}
        self.work.put_here(self.store, f"{self.name}/vocabulary", words)
        sizes = self.work.done(self._renumbering(len(empty)), what="numbering words", show=self.progress)
        placed = self.work.done(self._placing(sizes))
        for made in ("text", "counted", "words"):  # from which nothing else is made, unless it is lost
            self.store.drop(f"{self.name}/{made}")
        stats = stats_of(
            totals,
            chosen,
            sentences=sum(part.sentences for part in placed),
            cut=sum(part.cut for part in placed),
            empty=sum(empty),
        )
        starts = offsets_of(np.array([part.sentences for part in placed], np.int64))
        where = EncodedParts(self.store, self.name, offsets_of(np.array([size for size, _ in sizes], np.int64)), starts)
        chunks, tokens = _chunks(placed, where)
        return DistributedCorpus(
            vocabulary,
            stats,
            self.choice.options() | dict(self.reading),
            where,
            chunks,
            tokens,
            max((part.longest for part in placed), default=0),
            self.work,
        )

    def _counting(self, parts: Iterable[Part | Packed], sending: Sending | None) -> Iterator[Call]:
        for number, part in enumerate(self._unpacked(parts)):
            if sending is not None and isinstance(part[0], Sent):
                self.work.know(Call(sending.again, (number,), part[0].name, here=True))
            name = f"{self.name}/counted/{number}"
            yield Call(count_part, (self.store, name, part, self.reading["lowercase"], self.groups), name)

    def _unpacked(self, parts: Iterable[Part | Packed]) -> Iterator[Part]:
        """The parts, files that must be unpacked replaced by their blocks."""
        if not isinstance(parts, list):  # sent one by one
            yield from parts  # type: ignore[misc]
            return
        calls = [
            Call(unpack, (self.store, f"{self.name}/text/{number}", part))
            for number, part in enumerate(parts)
            if isinstance(part, Packed)
        ]
        blocks = zip(calls, self.work.results(calls), strict=True)
        for part in parts:
            if not isinstance(part, Packed):
                yield part
                continue
            call, sent = next(blocks)
            for block in sent:
                self.work.know(call._replace(name=block.name))
                yield (block,)

    def _merged(self, parts: int) -> Totals:
        """Merge the words of all parts, and leave out those that are too rare; the totals of all words."""
        given = None
        if self.choice.vocabulary is not None:
            given = f"{self.name}/given"
            self.work.put_here(self.store, given, grouped_words(self.choice.vocabulary, self.groups))
        least = None if self.choice.fixed else self.choice.min_count
        names = [f"{self.name}/counted/{number}" for number in range(parts)]
        calls = []
        for group in range(self.groups):
            name = f"{self.name}/words/{group}"
            calls.append(Call(merge_group, (self.store, name, names, group, least, given), name))
        return sum(self.work.results(calls), Totals())

    def _chosen(self, totals: Totals, is_text: bool) -> Any:
        words = (stored_words(self.store, f"{self.name}/words/{group}") for group in range(self.groups))
        return chosen_from(words, self.choice, totals, is_text)

    def _renumbering(self, parts: int) -> Iterator[Call]:
        for number in range(parts):
            name = f"{self.name}/ids/{number}"
            counted, vocabulary = f"{self.name}/counted/{number}", f"{self.name}/vocabulary"
            yield Call(renumber_part, (self.store, name, counted, vocabulary), name)

    def _placing(self, sizes: list[tuple[int, int]]) -> Iterator[Call]:
        before = carried = 0
        for number, (size, last_end) in enumerate(sizes):
            name = f"{self.name}/sentences/{number}"
            yield Call(place_part, (self.store, name, f"{self.name}/ids/{number}", before, carried), name)
            before += size
            carried = carried + size if last_end < 0 else size - last_end


def _chunks(placed: list[Placed], where: EncodedParts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[C+1] the first sentence of each chunk, as EncodedCorpus.chunks has them, and the tokens before it."""
    sentences, tokens = int(where.sentence_starts[-1]), int(where.token_starts[-1])
    starts = [part.chunks + start for part, start in zip(placed, where.sentence_starts[:-1], strict=True)]
    chunks, first = np.unique(np.concatenate([[0], *starts, [sentences]]), return_index=True)
    return chunks, np.concatenate([[0], *(part.tokens for part in placed), [tokens]])[first]


class Share(NamedTuple):
    """Consecutive chunks of a corpus, which any worker can read; it can be sent."""

    parts: EncodedParts
    sentences: tuple[int, int]  # first, and one past the last
    chunks: NDArray[np.int64]  # [n+1] first sentences of the chunks, counted from the first sentence of the share

    def read(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """(ids, offsets) of its sentences, offsets from 0; `Lost` where something of it is gone from the store."""
        offsets = self.parts.offsets(*self.sentences)
        return self.parts.ids(int(offsets[0]), int(offsets[-1])), offsets - offsets[0]


@dataclass(eq=False)
class DistributedCorpus:
    """An encoded corpus whose ids and offsets lie in a store; made by `wordvec.distributed.encode_corpus`."""

    vocabulary: Vocabulary
    stats: CorpusStats
    options: dict[str, Any]
    parts: EncodedParts  # where its arrays are
    chunk_sentences: NDArray[np.int64]  # [C+1] what EncodedCorpus.chunks() is
    chunk_tokens: NDArray[np.int64]  # [C+1] the tokens before each chunk
    longest: int  # tokens of the longest sentence
    work: Work  # makes again what is lost

    def __len__(self) -> int:
        """The number of sentences."""
        return self.stats.sentences

    def __repr__(self) -> str:
        words, parts = len(self.vocabulary), len(self.parts.token_starts) - 1
        return f"<DistributedCorpus: {self.tokens} tokens of {words} words in {len(self)} sentences and {parts} parts>"

    @property
    def tokens(self) -> int:
        """The number of ids."""
        return int(self.parts.token_starts[-1])

    def check_pairs(self) -> None:
        """CorpusError where no sentence has two words: then no word has a context."""
        check_longest(self.longest, len(self))

    def chunks(self) -> NDArray[np.int64]:
        """The chunk boundaries, as those of an EncodedCorpus."""
        return self.chunk_sentences

    def share(self, first: int, last: int) -> Share:
        """The chunks first:last, for a worker to read."""
        chunks = self.chunk_sentences[first : last + 1]
        return Share(self.parts, (int(chunks[0]), int(chunks[-1])), chunks - chunks[0])

    def make(self, lost: Lost) -> None:
        """Make again what a worker found lost; the error itself where that cannot be done."""
        self.work.make(lost)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of words, counts, ids and offsets: that of the EncodedCorpus of the same text."""
        words = self.vocabulary
        assert words.counts is not None
        sizes = {"offsets": len(self) + 1, "ids": self.tokens}
        own: list[NDArray[Any]] = [words.data, words.offsets, words.counts]
        digests = [block_digest(array[i : i + BLOCK]) for array in own for i in range(0, len(array), BLOCK)]
        calls = []
        for array, size in sizes.items():
            blocks = -(-size // BLOCK)
            for first in range(0, blocks, STEP):
                calls.append(Call(EncodedParts.digests, (self.parts, array, first, min(first + STEP, blocks))))
        for some in self.work.results(calls):
            digests += some
        return joined_digests([*map(len, own), *sizes.values()], digests)

    def gather(self) -> EncodedCorpus:
        """The same corpus on this machine, in temporary files: what `wordvec.encode_corpus` makes, to the byte."""
        with scratch_folder(None, "set TMPDIR to a folder that can be written") as work:
            with open(work / "ids", "wb", buffering=0) as ids, open(work / "offsets", "wb", buffering=0) as offsets:
                write_all(offsets, np.zeros(1, np.int64))
                for part in range(len(self.parts.token_starts) - 1):
                    start, stop = self.parts.token_starts[part : part + 2].tolist()
                    write_all(ids, self.work.here(self.parts.ids, start, stop))
                    first, last = self.parts.sentence_starts[part : part + 2].tolist()
                    write_all(offsets, self.work.here(self.parts.offsets, first, last)[1:])
            arrays = map_file(work / "ids", np.int32), map_file(work / "offsets", np.int64)
        return EncodedCorpus(self.vocabulary, *arrays, self.stats, self.fingerprint, dict(self.options))

    def drop(self) -> None:
        """Remove its arrays from the store."""
        self.parts.store.drop(self.parts.name)
        self.work.forget(f"{self.parts.name}/")
