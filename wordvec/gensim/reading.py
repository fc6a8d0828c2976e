"""Corpora of gensim's models, encoded by the words of a model; and the choice of its words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from types import GeneratorType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError, OptionError
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.encoder import Passes
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sources import Lists
from wordvec.gensim import utils
from wordvec.gensim.errors import NoCorpus, NotDone, NotReady, NoWords
from wordvec.vocabulary import Vocabulary

Rule = Callable[[str, int, int], int]


def read(sentences: Any, corpus_file: Any, workers: int) -> EncodedCorpus:
    """Encode all words of a corpus: token lists, or the path of a file with one sentence per line, not both."""
    check_corpus(sentences, corpus_file)
    try:
        return encode_corpus(corpus_file if sentences is None else sentences, min_count=1, workers=workers)
    except CorpusError as error:
        raise NoWords(f"you must first build a vocabulary of words: {error}") from None


def read_documents(texts: Iterable[Any], workers: int) -> EncodedCorpus:
    """Encode all words of documents (token lists), each as one sentence of any length, empty ones included."""
    passes = Passes(Lists(texts), min_count=1, workers=workers, longest=None, keep_empty=True)
    try:
        with scratch_folder(None) as work:
            return passes.run(work)
    except CorpusError as error:
        raise NoWords(f"you must first build a vocabulary of words: {error}") from None


def check_corpus(sentences: Any, corpus_file: Any) -> None:
    """NoCorpus, a TypeError, for anything but a corpus."""
    if (sentences is None) == (corpus_file is None):
        raise NoCorpus("a corpus must be given as corpus_iterable (sentences) or as corpus_file; got both or none")
    if corpus_file is not None and not isinstance(corpus_file, (str, os.PathLike)):
        raise NoCorpus(f"corpus_file must be the path of a file; got {type(corpus_file).__name__}")
    if isinstance(sentences, GeneratorType) or (sentences is not None and not isinstance(sentences, Iterable)):
        raise NoCorpus(
            "sentences must be a list of token lists, or another iterable that can be read again and again; got "
            f"{type(sentences).__name__}: wrap a generator in a class with __iter__"
        )
    first = sentences[0] if isinstance(sentences, (list, tuple)) and sentences else []
    if isinstance(first, GeneratorType) or not isinstance(first, Iterable):
        raise NoCorpus(f"sentences must be token lists; the first of them is of type {type(first).__name__}")
    if isinstance(sentences, str):
        raise NoCorpus(f"sentences must be token lists; got the str {sentences[:40]!r}: a path is given as corpus_file")


def renumbered(corpus: EncodedCorpus, words: Vocabulary, keep_empty: bool = False) -> EncodedCorpus:
    """A corpus renumbered for another vocabulary, with its counts; other tokens are dropped."""
    table = words.rows_of(corpus.vocabulary.data, corpus.vocabulary.offsets).astype(np.int32)
    ids = table[corpus.ids]
    known = ids >= 0
    before = np.zeros(len(ids) + 1, np.int64)
    np.cumsum(known, out=before[1:])
    offsets = before[corpus.offsets]
    if not keep_empty:
        offsets = np.concatenate([offsets[:1], offsets[1:][np.diff(offsets) > 0]])
    return EncodedCorpus(words, ids[known], offsets, corpus.stats, corpus.fingerprint, corpus.options)


def counted(corpus: EncodedCorpus, max_vocab_size: int | None, rule: Rule | None = None) -> dict[str, int]:
    """Counts of words; with `max_vocab_size` as in gensim, which drops rare words while counting."""
    words, counts = list(corpus.vocabulary), corpus.vocabulary.counts
    assert counts is not None
    if not max_vocab_size:
        return dict(zip(words, counts.tolist()))
    found: dict[str, int] = {}
    least, ids = 1, corpus.ids
    for first, last in pairwise(corpus.offsets.tolist()):
        for row in ids[first:last].tolist():
            found[words[row]] = found.get(words[row], 0) + 1
        if len(found) > max_vocab_size:
            found = {word: count for word, count in found.items() if _is_kept(word, count, least, rule)}
            least += 1
    return found


def _is_kept(word: str, count: int, least: int, rule: Rule | None) -> bool:
    """Whether a word is kept, by a trim_rule or by its count."""
    said = utils.RULE_DEFAULT if rule is None else rule(word, count, least)
    if said not in (utils.RULE_DEFAULT, utils.RULE_DISCARD, utils.RULE_KEEP):
        raise OptionError(f"trim_rule must return RULE_DEFAULT, RULE_DISCARD or RULE_KEEP; got {said!r} for {word!r}")
    return said == utils.RULE_KEEP or (said == utils.RULE_DEFAULT and count >= least)


def kept(
    raw: Mapping[str, int], min_count: int, max_final_vocab: int | None, rule: Rule | None
) -> tuple[dict[str, int], int]:
    """(the kept words by falling count; the effective minimum count, given max_final_vocab)."""
    least = min_count
    if max_final_vocab is not None and max_final_vocab < len(raw):
        least = max(least, sorted(raw.values(), reverse=True)[max_final_vocab] + 1)
    found = {word: count for word, count in raw.items() if _is_kept(word, count, least, rule)}
    order = sorted(found, key=lambda word: (-found[word], word.encode("utf-8", "surrogateescape")))
    return {word: found[word] for word in order}, least


def vocabulary(words: Mapping[str, int]) -> Vocabulary:
    """Words with their counts; NotReady where there are none."""
    if not words:
        raise NotReady(
            "you must first build a vocabulary with words in it; none is left: give more text or a lower min_count"
        )
    return Vocabulary.from_words(words, np.fromiter(words.values(), np.int64, len(words)))


def repeated(corpus: EncodedCorpus, sentences: NDArray[np.int64]) -> EncodedCorpus:
    """The selected sentences of a corpus, in that order; sentences may repeat."""
    sizes = np.diff(corpus.offsets)[sentences]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    places = np.arange(offsets[-1]) + np.repeat(corpus.offsets[:-1][sentences] - offsets[:-1], sizes)
    return EncodedCorpus(
        corpus.vocabulary, corpus.ids[places], offsets, corpus.stats, corpus.fingerprint, corpus.options
    )


def one_tag(tags: list[list[Any]], why: str) -> None:
    """NotDone where a document has several tags, or none."""
    wrong = next((number for number, own in enumerate(tags) if len(own) != 1), None)
    if wrong is not None:
        raise NotDone(f"a document must have one tag {why}; document {wrong} has {len(tags[wrong])}")
