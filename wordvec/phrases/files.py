"""The file of phrases: the phrases of each pass, and the counts that they were chosen from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import store
from wordvec.base.errors import FormatError, OptionError
from wordvec.phrases.lists import PhraseList
from wordvec.phrases.options import PhraseOptions
from wordvec.phrases.pairs import PhraseCounts
from wordvec.phrases.scoring import SCORERS
from wordvec.vocabulary import Vocabulary

KIND = "wordvec-phrases"
_LISTS: dict[str, tuple[Any, int]] = {  # dtypes and dimensions
    "words.data": (np.uint8, 1),
    "words.offsets": (np.int64, 1),
    "parts": (np.int32, 1),
    "offsets": (np.int64, 1),
    "scores": (np.float64, 1),
    "counts": (np.int64, 1),
}
_PAIRS: dict[str, tuple[Any, int]] = {
    "vocab.data": (np.uint8, 1),
    "vocab.offsets": (np.int64, 1),
    "vocab.counts": (np.int64, 1),
    "pairs.keys": (np.uint32, 2),
    "pairs.counts": (np.int64, 1),
    "links": (np.uint32, 2),
    "kinds": (np.uint8, 1),
}


def write(
    path: str | os.PathLike[str],
    passes: Sequence[PhraseList],
    metadata: Mapping[str, Any],
    counts: Sequence[PhraseCounts] = (),
) -> None:
    """Write phrases, and counts where they are given, to one file."""
    tensors: dict[str, NDArray[Any]] = {}
    for number, phrases in enumerate(passes):
        own: tuple[Any, ...] = (phrases.words.data, phrases.words.offsets, phrases.parts, phrases.offsets)
        own += (phrases.scores, phrases.counts)
        tensors |= {f"{number}.{name}": array for name, array in zip(_LISTS, own, strict=True)}
    for number, pairs in enumerate(counts):
        words = pairs.vocabulary
        stored: tuple[Any, ...] = (words.data, words.offsets, pairs.word_counts)
        stored += (pairs.keys, pairs.counts, pairs.links, pairs.kinds)
        tensors |= {f"{number}.{name}": array for name, array in zip(_PAIRS, stored, strict=True)}
    facts = {**metadata, "passes": len(passes), "tokens": [pairs.tokens for pairs in counts]}
    store.write_file(path, tensors, {"metadata": facts}, kind=KIND)


def read(path: str | os.PathLike[str], counts: bool) -> tuple[list[PhraseList], dict[str, Any], list[PhraseCounts]]:
    """The phrases of each pass, the metadata, and the counts where they are wanted; FormatError for a damaged file."""
    stored = store.open_file(path, kind=KIND)
    name, metadata = os.fspath(path), stored.config["metadata"]
    passes, tokens = metadata.get("passes"), metadata.get("tokens")
    is_whole = type(passes) is int and isinstance(tokens, list) and all(type(number) is int for number in tokens)
    if not is_whole or not 0 <= passes <= len(stored.tensors) or len(tokens) not in (0, passes):
        raise FormatError(f"{name}: passes and tokens must be numbers; got {passes!r:.40} and {tokens!r:.40}")
    _check_metadata(name, metadata)
    lists = [_list(name, _tensors(name, stored, f"{number}.", _LISTS)) for number in range(passes)]
    if not counts:
        return lists, metadata, []
    if passes and not tokens:
        raise FormatError(f"{name}: the file must have counts; it has phrases only: FrozenPhrases.load opens it")
    return (
        lists,
        metadata,
        [_pairs(name, _tensors(name, stored, f"{number}.", _PAIRS), tokens[number]) for number in range(passes)],
    )


def _check_metadata(name: str, metadata: dict[str, Any]) -> None:
    """FormatError where options or connector words are not those of phrases."""
    options, words = metadata.get("options"), metadata.get("connector_words")
    listed = isinstance(words, list) and all(isinstance(word, str) for word in words) and "lowercase" in metadata
    if not isinstance(options, dict) or not isinstance(options.get("scoring"), str) or not listed:
        raise FormatError(f"{name}: the metadata must have options, connector_words and lowercase; it is damaged")
    metadata["options"] = {f.name: options[f.name] for f in fields(PhraseOptions) if f.name in options}
    try:
        known = metadata["options"]["scoring"] in SCORERS
        PhraseOptions(**(metadata["options"] | ({} if known else {"scoring": "log-likelihood"})))
    except OptionError as error:
        raise FormatError(f"{name}: {error}") from None


def _tensors(name: str, stored: store.StoredFile, prefix: str, wanted: Mapping[str, tuple[Any, int]]) -> Any:
    """The tensors of a pass, checked for dtypes and dimensions."""
    tensors: dict[str, NDArray[Any]] = {}
    for key, (dtype, dimensions) in wanted.items():
        array = stored.tensors.get(prefix + key)
        if array is None or array.dtype != dtype or array.ndim != dimensions:
            raise FormatError(f"{name}: tensor {prefix + key} must be there, of {np.dtype(dtype)}; it is not")
        tensors[key] = array
    return tensors


def _words(name: str, data: NDArray[Any], offsets: NDArray[Any], counts: Any = None) -> Vocabulary:
    try:
        words = Vocabulary(data, offsets, counts)
        words.check_offsets()
        _ = words.index_of_words
    except (OptionError, FormatError) as error:
        raise FormatError(f"{name}: {error}") from None
    return words


def _list(name: str, tensors: dict[str, NDArray[Any]]) -> PhraseList:
    words = _words(name, tensors["words.data"], tensors["words.offsets"])
    parts, offsets, scores, counts = (tensors[key] for key in ("parts", "offsets", "scores", "counts"))
    rising = (
        len(offsets) > 0 and offsets[0] == 0 and offsets[-1] == len(parts) and bool((offsets[1:] >= offsets[:-1]).all())
    )
    if not rising or not len(offsets) - 1 == len(scores) == len(counts) or bool((np.diff(offsets) < 2).any()):
        raise FormatError(f"{name}: phrases must have two words or more, a score and a count; the file is damaged")
    if not _below(parts, len(words)) or not np.isfinite(scores).all():
        raise FormatError(
            f"{name}: words of phrases must be below {len(words)}, and scores finite; the file is damaged"
        )
    return PhraseList(words, parts, offsets, scores, counts)


def _pairs(name: str, tensors: dict[str, NDArray[Any]], tokens: int) -> PhraseCounts:
    words = _words(name, tensors["vocab.data"], tensors["vocab.offsets"], tensors["vocab.counts"])
    keys, counts, links, kinds = (tensors[key] for key in ("pairs.keys", "pairs.counts", "links", "kinds"))
    if keys.shape != (len(counts), 3) or links.shape[1:] != (2,) or len(kinds) != len(words):
        raise FormatError(f"{name}: pairs, links and kinds must have their shapes; the file is damaged")
    earlier = links[:, 0] <= np.arange(len(links))  # a link follows the shorter one that it continues
    good = _below(keys[:, :2], len(words)) and _below(keys[:, 2], len(links) + 1) and _below(links[:, 1], len(words))
    numbers = (counts, np.asarray(words.counts))
    if not good or not earlier.all() or any(len(array) and int(array.min()) < 0 for array in numbers):
        raise FormatError(f"{name}: pairs and links must name words and links that are there; the file is damaged")
    return PhraseCounts(words, keys, counts, links, kinds, tokens)


def _below(numbers: NDArray[Any], most: int) -> bool:
    return not numbers.size or (int(numbers.min()) >= 0 and int(numbers.max()) < most)
