"""encode_corpus: from any corpus to an EncodedCorpus, with an optional cache folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from wordvec.base.arguments import listed_words, whole_number
from wordvec.base.digests import digest_of
from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.threads import usable_cores
from wordvec.corpus.checks import wrong_texts
from wordvec.corpus.choice import Choice
from wordvec.corpus.combine import rechosen
from wordvec.corpus.encoded import EncodedCorpus, is_encoded, open_folder, opened, save_words
from wordvec.corpus.encoder import Passes
from wordvec.corpus.pieces import Pieces
from wordvec.corpus.report import warn_of_doubts, warn_of_punctuation
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sentences import Tokenizer
from wordvec.corpus.sources import ADVICE, Files, Input, resolve
from wordvec.corpus.tokenizers import tokenizer_named
from wordvec.vocabulary import Vocabulary

VERSION = 2  # of the cache
SAMPLES, SAMPLE = 16, 1 << 16  # parts of a file that are compared to detect a change, and their size in bytes


def encode_corpus(
    source: Any,
    *,
    min_count: int | None = None,
    max_vocab: int | None = None,
    lowercase: bool = False,
    vocabulary: Vocabulary | Iterable[str] | None = None,
    grow: Vocabulary | Iterable[str] | None = None,
    tokenizer: Tokenizer | str | None = None,
    workers: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = False,
    nfc: bool = False,
    fold_accents: bool = False,
    split_sentences: bool = False,
    protected: Vocabulary | Iterable[str] | None = None,
    stop_words: Vocabulary | Iterable[str] | None = None,
) -> EncodedCorpus:
    """Encode a corpus: a vocabulary, token ids, and sentence offsets.

    `source` is a path, a list of paths, a glob, a folder, `"-"` (stdin), a URL, an iterable of token lists, a pair of
    integer arrays (ids, offsets), or an EncodedCorpus, which is returned as it is; of a folder that its `save` wrote,
    words are chosen as from text. Compressed files (gzip, bzip2, xz, zstd) are recognised. Sentences are lines, and
    tokens are split at ASCII white space or by `tokenizer`, a function from a line (str) to a list of tokens, or the
    name of one: "unicode" takes the words of raw text, without punctuation (docs/corpora.md lists the others);
    "pieces:FILE", or a `Pieces`, cuts words into pieces, all of which are the vocabulary. With `split_sentences`, lines
    are running text, which is cut into sentences by rules. Each word is brought into Unicode's form NFC (`nfc`), loses
    its accents (`fold_accents`) or is lower-cased. Words that occur fewer than `min_count` times (default: 5) are left
    out, and of the others all but the `max_vocab` most frequent ones.

    With `vocabulary`, words or a `Vocabulary`, ids are its rows: the result has all of its words in its order, with its
    counts or, where it has none, those of the corpus, which may be 0; other tokens are left out, as `stats.unlisted`.
    With `grow` instead, the result has all of its words, whether or not they occur, and the words of the corpus that
    are not too rare in it; `max_vocab` limits the new ones. Its counts and those of the corpus are added, and words are
    ordered by the sums.

    The result does not depend on `workers` (default: all usable cores), on compression, or on the form of the same
    tokens. It is stored in temporary files, deleted with the object. With `cache`, a folder, files are encoded once and
    reused while their paths, sizes, times of change, and 16 samples of 64 kB are the same. CorpusError for a corpus
    that cannot be read or leaves no words; OptionError for an option out of bounds.

    >>> corpus = encode_corpus([["to", "be", "or", "not", "to", "be"]], min_count=2)
    >>> list(corpus.vocabulary), corpus.vocabulary.counts.tolist(), corpus.stats.too_rare
    (['be', 'to'], [2, 2], 2)
    """
    if isinstance(source, EncodedCorpus):
        if any(words is not None for words in (vocabulary, grow, protected, stop_words)):
            raise OptionError("lists of words serve the reading of a corpus; this one is encoded already")
        return source
    workers, tokenizer = _checked(workers, cache), given_tokenizer(tokenizer)
    forms: dict[str, Any] = {"lowercase": lowercase, "nfc": nfc, "fold_accents": fold_accents}
    if isinstance(tokenizer, Pieces):
        _check_pieces(forms | {"max_vocab": max_vocab})
        if all(words is None for words in (vocabulary, grow, protected, stop_words)):
            vocabulary, min_count = tokenizer.words, None
    choice = choice_of(min_count, max_vocab, vocabulary, grow, protected, stop_words)
    if not isinstance(source, (str, bytes, os.PathLike)) and (problem := wrong_texts(source, rows=True)):
        raise CorpusError(f"a corpus cannot be {problem}; {ADVICE}")
    if isinstance(source, (str, os.PathLike)) and is_encoded(source):
        return _of_folder(source, choice, forms | {"split_sentences": split_sentences}, tokenizer)
    found = resolve(source, tokenizer is not None or split_sentences)
    folder = None if cache is None else Path(cache)
    key = None
    if folder is not None and isinstance(found, Files) and not callable(tokenizer):
        key = _key(found.inputs, *_told(choice), *forms.values(), split_sentences, tokenizer)
    if folder is not None and key is not None and (saved := open_folder(folder / key)) is not None:
        warn_of_doubts(saved.stats)
        if not choice.fixed and tokenizer is None:
            warn_of_punctuation(saved.vocabulary)
        return saved
    passes = Passes(
        found,
        split_sentences=split_sentences,
        tokenizer=tokenizer,
        workers=workers or usable_cores(),
        progress=progress,
        **forms,
        **vars(choice),
    )
    with scratch_folder(folder) as work:
        corpus = passes.run(work)
        if isinstance(found, Files) and tokenizer is None and not choice.fixed:  # cut at white space
            warn_of_punctuation(corpus.vocabulary)
        if folder is not None and key is not None:
            return _keep(corpus, work, folder / key)
    return corpus


def _checked(workers: Any, cache: Any) -> int | None:
    """The number of workers; OptionError where it or the cache is none."""
    if cache is not None and not isinstance(cache, (str, os.PathLike)):
        raise OptionError(f"cache must be the path of a folder; got {cache!r:.60}")
    number = whole_number("workers", workers, optional=True)
    return None if number is None else whole_number("workers", number, high=1024)


def given_tokenizer(tokenizer: Any) -> Tokenizer | str | None:
    """The tokenizer of a name or function; OptionError for anything else."""
    if isinstance(tokenizer, str):
        return tokenizer_named(tokenizer)
    if tokenizer is not None and not callable(tokenizer):
        raise OptionError(
            f"tokenizer must be a function from a line to a list of tokens, or the name of one; got {tokenizer!r:.60}"
        )
    return tokenizer  # type: ignore[no-any-return]


def _check_pieces(given: dict[str, Any]) -> None:
    """OptionError for options that would make other words of pieces."""
    if names := [name for name, value in given.items() if value]:
        raise OptionError(
            f"{', '.join(names)} must be left out with pieces, which are the words as they are: learn fewer pieces, or "
            "some of lower-cased text"
        )


def _of_folder(folder: str | os.PathLike[str], choice: Choice, forms: dict[str, bool], tokenizer: Any) -> EncodedCorpus:
    """The corpus of a folder with the words of a choice."""
    corpus = opened(folder)
    other = [name for name, value in forms.items() if value and not corpus.options.get(name)]
    if tokenizer is not None or other:
        names = ", ".join([*other, *(["tokenizer"] if tokenizer is not None else [])])
        raise OptionError(
            f"{names} must be left out: it serves the reading of a text; {os.fspath(folder)} is encoded already"
        )
    own = {name: value for name, value in corpus.options.items() if name not in choice.options()}
    return rechosen(corpus, choice, own)


def choice_of(
    min_count: int | None,
    max_vocab: int | None,
    vocabulary: Any,
    grow: Any,
    protected: Any = None,
    stop_words: Any = None,
) -> Choice:
    """The choice of words that the options of `encode_corpus` ask for; OptionError where they do not fit together."""
    others = {"grow": grow, "min_count": min_count, "max_vocab": max_vocab}
    others |= {"protected": protected, "stop_words": stop_words}
    given = ", ".join(name for name, value in others.items() if value is not None)
    if vocabulary is not None and given:
        raise OptionError(f"vocabulary says which words are kept, all of them; leave {given} out")
    if grow is not None and protected is not None:
        raise OptionError("grow keeps all of its words, so that protected must be left out: add these words to it")
    return Choice(
        whole_number("min_count", 5 if min_count is None else min_count),
        whole_number("max_vocab", max_vocab, optional=True),
        _words("vocabulary", vocabulary) if grow is None else _words("grow", grow),
        grow is not None,
        _words("protected", protected),
        _words("stop_words", stop_words),
    )


def _words(name: str, words: Any) -> Vocabulary | None:
    if words is None:
        return None
    if isinstance(words, Vocabulary):
        vocabulary = words
    else:
        vocabulary = Vocabulary.from_words(listed_words(words, name, "a Vocabulary or a list of words"))
    if not len(vocabulary):
        raise OptionError(f"{name} must have a word; it has none")
    return vocabulary


def _told(choice: Choice) -> tuple[Any, ...]:
    """What tells a choice from another."""
    lists = [words for words in (choice.vocabulary, choice.protected, choice.stop_words) if words is not None]
    if not lists:
        return choice.min_count, choice.max_vocab
    arrays = ((words.data, words.offsets, np.empty(0) if words.counts is None else words.counts) for words in lists)
    digest = digest_of(chain.from_iterable(arrays))
    which = [words is not None for words in (choice.protected, choice.stop_words)]
    return choice.min_count, choice.max_vocab, choice.grow, digest, *(which if any(which) else ())


def _key(inputs: list[Input], *options: Any) -> str | None:
    """The cache key of a corpus; None unless all inputs are regular files, whose changes can be detected."""
    if any(part.identity is None for part in inputs):
        return None
    try:
        same = [(part.identity, _sample(part.name)) for part in inputs]
    except OSError:  # which reading will name
        return None
    told = json.dumps([VERSION, same, *map(repr, options)])
    return hashlib.blake2b(told.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _sample(path: str) -> tuple[int, int, str]:
    """What distinguishes a file from another of the same size and modification time, without reading all of it.

    The time at which the system says that anything about it changed, and its number, which no program sets at will;
    and a digest of some parts, for systems that have neither.
    """
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        last = max(0, status.st_size - SAMPLE)
        for start in sorted({last * part // (SAMPLES - 1) for part in range(SAMPLES)}):
            file.seek(start)
            digest.update(file.read(SAMPLE))
    return status.st_ino, status.st_ctime_ns, digest.hexdigest()


def _keep(corpus: EncodedCorpus, work: Path, target: Path) -> EncodedCorpus:
    """Move a corpus into the cache, completely or not at all; an equal one of another process is used as it is."""
    try:
        save_words(work, corpus)
        try:
            os.rename(work, target)
        except OSError:
            if (saved := open_folder(target)) is not None:
                return saved
            shutil.rmtree(target, ignore_errors=True)
            os.rename(work, target)
    except OSError as error:
        warnings.warn(f"the encoded corpus could not be kept in {target.parent}: {error.strerror}", stacklevel=3)
        return corpus
    return open_folder(target) or corpus
