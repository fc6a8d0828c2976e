"""A line for the log on the tokens that were used, and warnings where they are few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from wordvec.base.logs import warn
from wordvec.corpus.subsampling import keep_chances
from wordvec.vocabulary import Vocabulary

SHARE = 0.1  # of the tokens, below which a warning says that little was used
FOREIGN = 0.01  # of the tokens that are no UTF-8, above which the text is taken for one of another encoding
STUCK = 0.2  # of the distinct words with punctuation at an end, from which a text is taken for not tokenised
TYPES = 300  # distinct words, below which nothing is said of their punctuation
_AFTER = np.frombuffer(b".,;:!?\"')]}", np.uint8)
_BEFORE = np.frombuffer(b"\"'([{", np.uint8)
_WIDE = "\u2018\u2019\u201c\u201d\u201e\u2026\u3001\u3002\uff0c\uff01\uff1f\u0964"  # quotes, and stops of other scripts
_MARKS = [int.from_bytes(mark.encode(), "big") for mark in _WIDE]
_LEFT_OUT = (("self_pairs", "of a node and itself"), ("repeated", "repeated"))  # pairs of relations
NULS = 0.001  # of the tokens with a NUL byte, above which it is taken for no text


class Read(Protocol):
    """Numbers of the tokens that were read."""

    @property
    def read(self) -> int:
        """All of them."""

    @property
    def nul(self) -> int:
        """Those with a NUL byte."""

    @property
    def invalid_utf8(self) -> int:
        """Those that are no UTF-8."""


def expected(vocabulary: Vocabulary, sample: float | None) -> int | None:
    """The tokens of an epoch that subsampling is expected to leave; None where there is none, or no counts."""
    if not sample or vocabulary.counts is None:
        return None
    counts = np.asarray(vocabulary.counts, np.int64)
    kept = counts * keep_chances(counts, sample)  # a product by BLAS would leave its threads awake
    return round(float(kept.sum()))


def _of_graph(corpus: Mapping[str, Any], own: Mapping[str, Any] | None) -> str:
    """The edges that were kept, and how many nodes have attributes, where they are learned."""
    text = f"{corpus['edges']:,} of {corpus['edges_read']:,} edges of {corpus['nodes']:,} nodes kept"
    left = [f"{corpus[name]:,} {name}" for name in ("loops", "repeated") if corpus[name]]
    text += f" ({', '.join(left)} left out)" if left else ""
    if own is None:
        return text
    return text + f"; {own['attributes']:,} attributes of {own['nodes']:,} nodes, none of {own['without']:,}"


def in_words(metadata: Mapping[str, Any]) -> str:
    """The corpus facts of `metadata` in one line; "" where there are none.

    >>> told = {"read": 1200, "kept": 1000, "too_rare": 200, "types_read": 90, "cut": 2, "nul": 0, "invalid_utf8": 1}
    >>> in_words({"corpus": told, "options": {"min_count": 5}})
    '1,000 of 1,200 tokens kept (min_count 5); not UTF-8: 1 token; 2 long sentences cut'
    """
    corpus, options = metadata.get("corpus", {}), metadata.get("options", {})
    if "texts" in corpus:
        text = f"{corpus['texts']:,} texts of {corpus.get('units', 0):,} units learned from"
        return text + (f", {corpus['unlabelled']:,} without a label passed" if corpus.get("unlabelled") else "")
    if "pairs" in corpus:
        left = [f"{corpus[name]:,} {what}" for name, what in _LEFT_OUT if corpus.get(name)]
        text = f"{corpus['pairs']:,} of {corpus['read']:,} pairs of {corpus['nodes']:,} nodes kept"
        return text + (f" ({', '.join(left)} left out)" if left else "")
    if "edges" in corpus:
        return _of_graph(corpus, metadata.get("attributes"))
    if "weight_kept" in corpus:
        what = f"{corpus['words']:,} words and {corpus['contexts']:,} contexts"
        return f"pairs of a weight of {corpus['weight_kept']:g} of {corpus['weight_read']:g} kept, {what}"
    if "read" not in corpus or "kept" not in corpus:
        return ""
    if options.get("vocabulary") == "given":
        how = ["a given vocabulary"]
    else:
        how = [f"min_count {options['min_count']}"] if "min_count" in options else []
    how += [f"max_vocab {options['max_vocab']}"] if options.get("max_vocab") else []
    text = f"{corpus['kept']:,} of {corpus['read']:,} tokens kept" + (f" ({', '.join(how)})" if how else "")
    if "sampled" in corpus:
        text += f", about {corpus['sampled']:,} an epoch after subsampling (sample {options.get('sample')})"
    for name, what in (("invalid_utf8", "not UTF-8"), ("nul", "with a NUL byte"), ("empty", "empty")):
        if number := corpus.get(name, 0):
            text += f"; {what}: {number:,} token{'s' * (number > 1)}"
    if number := corpus.get("cut", 0):
        text += f"; {number:,} long sentence{'s' * (number > 1)} cut"
    if init := metadata.get("init"):
        text += f"; {init['shared']:,} of {init['words']:,} words of init shared"
        text += f"; {grown}" if (grown := growth_in_words(init)) else ""
    return text


def growth_in_words(init: Mapping[str, Any]) -> str:
    """What became of vectors that grew, from the metadata of their start; "" where they did not grow.

    >>> growth_in_words({"words": 90, "shared": 70, "added": 5, "neighbours": {"nearest": 10, "kept": 0.873}})
    '5 new words; 87% of the 10 nearest old words of an old word are still among them'
    """
    if "added" not in init:
        return ""
    moved = init.get("neighbours")
    text = f"{init['added']:,} new word{'s' * (init['added'] != 1)}"
    if moved:
        text += f"; {moved['kept']:.0%} of the {moved['nearest']} nearest old words of an old word are still among them"
    return text


def warn_of_little(metadata: Mapping[str, Any]) -> None:
    """A warning where training used less than a tenth of the tokens."""
    corpus, options = metadata.get("corpus", {}), metadata.get("options", {})
    read, kept, sampled = corpus.get("read", 0), corpus.get("kept", 0), corpus.get("sampled")
    if "kept" in corpus and kept < SHARE * read and options.get("vocabulary") == "given":
        warn(
            f"less than a tenth of the corpus was used: {kept:,} of {read:,} tokens are of words of the given "
            "vocabulary; look whether both are lower-cased and cut alike"
        )
    elif "kept" in corpus and kept < SHARE * read:
        warn(
            f"less than a tenth of the corpus was used: {kept:,} of {read:,} tokens are of words that were kept "
            f"(min_count={options.get('min_count')}, max_vocab={options.get('max_vocab')}); give a lower min_count, or "
            "look whether words are cut where they should be"
        )
    elif sampled is not None and sampled < SHARE * kept and options.get("subsample") != "expected":
        warn(
            f"less than a tenth of the corpus was used: of {kept:,} tokens subsampling leaves about {sampled:,} an "
            f"epoch (sample={options.get('sample')}); for few distinct words use sample=0 or a larger sample"
        )


def doubts(stats: Read) -> str | None:
    """Why a corpus does not look like UTF-8 text, and what to do; None where it does."""
    if stats.nul > NULS * stats.read:
        return (
            f"the corpus may be no text: {stats.nul:,} of {stats.read:,} tokens hold a NUL byte, which counts as a "
            "letter; convert text of two-byte characters with `iconv -f utf-16 -t utf-8`, and leave binary files out"
        )
    if stats.invalid_utf8 > FOREIGN * stats.read:
        return (
            f"the corpus may be of another encoding than UTF-8: {stats.invalid_utf8:,} of {stats.read:,} tokens are no "
            "UTF-8 and stay as bytes; convert it first, such as with `iconv -f latin1 -t utf-8`"
        )
    return None


def warn_of_doubts(stats: Read) -> None:
    """A warning where a corpus does not look like UTF-8 text."""
    if doubt := doubts(stats):
        warn(doubt)


def warn_of_punctuation(vocabulary: Vocabulary) -> None:
    """A warning where many words of a text split at white space have punctuation at an end."""
    share = stuck(vocabulary)
    if share >= STUCK:
        warn(
            f"{share:.0%} of the distinct words begin or end in punctuation: the text is not tokenised, so that "
            "'word' and 'word,' are two words; pass tokenizer='unicode', or give a text with spaces around punctuation"
        )


def stuck(vocabulary: Vocabulary) -> float:
    """The share of the distinct words that have punctuation at one of their ends; 0 where they are few.

    >>> stuck(Vocabulary.from_words([f"w{i}" + "," * (i % 2) for i in range(400)]))
    0.5
    """
    data, offsets = vocabulary.data, vocabulary.offsets
    starts, ends = offsets[:-1], offsets[1:]
    long = ends - starts >= 2  # a mark that stands alone does not stick
    if len(long) < TYPES or not long.any():
        return 0.0
    starts, ends = starts[long], ends[long]
    found = np.isin(data[ends - 1], _AFTER) | np.isin(data[starts], _BEFORE)
    wide = ends - starts >= 4  # a word and a mark of three bytes
    last = [data[ends[wide] - place].astype(np.int32) << (8 * (place - 1)) for place in (1, 2, 3)]
    first = [data[starts[wide] + place].astype(np.int32) << (8 * (2 - place)) for place in (0, 1, 2)]
    found[wide] |= np.isin(last[0] | last[1] | last[2], _MARKS) | np.isin(first[0] | first[1] | first[2], _MARKS)
    return float(found.sum() / len(long))
