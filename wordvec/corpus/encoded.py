"""EncodedCorpus: token ids and sentence offsets in mapped files, the vocabulary, and counts of dropped tokens."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec.base.errors import CorpusError
from wordvec.corpus.pieces import Pieces
from wordvec.corpus.scratch import map_file
from wordvec.outputs import output_folder
from wordvec.vocabulary import Vocabulary

BLOCK = 1 << 20  # ids hashed in one block
TYPES: dict[str, Any] = {"ids": np.int32, "offsets": np.int64}
WORD_TYPES: dict[str, Any] = {"words": np.uint8, "word_offsets": np.int64, "counts": np.int64}


@dataclass(frozen=True)
class CorpusStats:
    """Counts of kept and dropped tokens; read == kept + too_rare + beyond_max_vocab + unlisted."""

    read: int  # tokens in the corpus
    kept: int  # tokens of words in the vocabulary
    too_rare: int  # tokens of words that occur less than min_count times
    beyond_max_vocab: int  # tokens of words that occur often enough, but are not among the max_vocab most frequent
    types_read: int  # distinct words in the corpus
    sentences: int  # sentences with at least one word of the vocabulary, after splitting long ones
    cut: int  # splits of sentences longer than 10,000 tokens
    invalid_utf8: int  # tokens that are not UTF-8, kept as they are
    nul: int  # tokens that hold a NUL byte, kept as they are
    empty: int  # empty strings in token lists: not tokens, and not part of `read`
    unlisted: int = 0  # tokens of words that are not in a given vocabulary, and of stop words
    joined: int = 0  # tokens that became parts of others: a phrase of three words is one of `read`, and two of these


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """An encoded corpus as arrays, the input of trainers and counters; `encode_corpus` makes it.

    >>> from wordvec.corpus import encode_corpus
    >>> corpus = encode_corpus([["a", "rose", "is", "a", "rose"], ["a", "daisy"]], min_count=2)
    >>> list(corpus.vocabulary), corpus.ids.tolist(), corpus.offsets.tolist()
    (['a', 'rose'], [0, 1, 0, 1, 0], [0, 4, 5])
    """

    vocabulary: Vocabulary  # with counts; by falling count, equal counts by bytes, or as it was given
    ids: NDArray[np.int32]  # [N] tokens in the order of the corpus, read-only, mapped from a file
    offsets: NDArray[np.int64]  # [S+1] sentence i is ids[offsets[i]:offsets[i+1]], 1 to 10,000 ids; read-only, mapped
    stats: CorpusStats
    fingerprint: str  # a hash of words, counts, ids and offsets: the same for the same tokens from any source
    options: dict[str, Any] = field(default_factory=dict)  # min_count, max_vocab, lowercase, vocabulary
    pieces: Pieces | None = None  # the tokenizer whose pieces are the words; vectors get it

    def __len__(self) -> int:
        """The number of sentences."""
        return len(self.offsets) - 1

    def __repr__(self) -> str:
        return f"<EncodedCorpus: {len(self.ids)} tokens of {len(self.vocabulary)} words in {len(self)} sentences>"

    def check(self) -> int:
        """The length of the longest sentence; CorpusError if an id is out of range, or offsets do not rise from 0 to N.

        Kernels believe what they are given, so that trainers call this first.
        """
        longest, last = 0, len(self.offsets) - 1
        for start in range(0, last, BLOCK):
            part = self.offsets[start : start + BLOCK + 1]
            if (part[1:] < part[:-1]).any():  # compared, as a difference may be too large for int64
                raise CorpusError("offsets of sentences must never fall; these do: encode the corpus again")
            longest = max(longest, int(np.diff(part).max()))
        if last < 0 or self.offsets[0] != 0 or self.offsets[-1] != len(self.ids):
            raise CorpusError(f"offsets of sentences must go from 0 to {len(self.ids)}, the number of ids; they do not")
        for start in range(0, len(self.ids), BLOCK):
            ids = self.ids[start : start + BLOCK]
            if ids.min() < 0 or ids.max() >= len(self.vocabulary):
                raise CorpusError(
                    f"ids must lie from 0 to {len(self.vocabulary) - 1}; some do not: encode the corpus again"
                )
        return longest

    def check_pairs(self) -> None:
        """`check`, and CorpusError where no sentence has two words: then no word has a context."""
        check_longest(self.check(), len(self))

    def chunks(self, size: int = 10_000) -> NDArray[np.int64]:
        """The chunk boundaries, int64 [C+1]: chunk c has the sentences from boundary c to c+1, about `size` ids.

        A chunk ends with the sentence in which the next multiple of `size` falls, so chunks depend on the corpus only.

        >>> from wordvec.corpus import encode_corpus
        >>> encode_corpus([["a"] * 6, ["a"] * 6, ["a"] * 6], min_count=1).chunks(size=10)
        array([0, 2, 3])
        """
        marks = np.arange(0, len(self.ids) + size, size, dtype=np.int64)
        marks[-1] = len(self.ids)
        ends = np.searchsorted(self.offsets, marks).astype(np.int64, copy=False)
        return ends[np.diff(ends, prepend=-1) > 0]  # np.unique would load numpy.ma

    def save(self, folder: str | os.PathLike[str], *, force: bool = True) -> None:
        """Write the corpus to a folder, whole or not at all, which is a corpus to everything that reads one.

        OutputError where the folder cannot be written, has other files, or is there and `force` is false.
        """
        with output_folder(folder, may_replace=is_encoded, force=force) as new:
            for name, kind in TYPES.items():
                array = getattr(self, name)
                with open(Path(new, name), "wb") as file:
                    for start in range(0, len(array), BLOCK):
                        file.write(np.ascontiguousarray(array[start : start + BLOCK], kind).data)
            save_words(Path(new), self)

    @property
    def chunk_tokens(self) -> NDArray[np.int64]:
        """[C+1] the tokens before each chunk."""
        return self.offsets[self.chunks()]


def check_longest(longest: int, sentences: int) -> None:
    """CorpusError where the longest sentence of a corpus has one word."""
    if longest < 2:
        raise CorpusError(
            f"a sentence must have two words to learn from; each of the {sentences} sentences has one left; give "
            "longer sentences or a lower min_count"
        )


def fingerprint(
    vocabulary: Vocabulary,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    run: Callable[[Callable[[NDArray[Any]], bytes], Iterable[NDArray[Any]]], Iterable[bytes]] = map,
) -> str:
    """A digest of the arrays, 32 hexadecimal digits; `run` is `map`, or a map on threads."""
    assert vocabulary.counts is not None
    arrays = (vocabulary.data, vocabulary.offsets, vocabulary.counts, offsets, ids)
    blocks = (array[i : i + BLOCK] for array in arrays for i in range(0, len(array), BLOCK))
    return joined_digests([len(array) for array in arrays], run(block_digest, blocks))


def joined_digests(sizes: list[int], digests: Iterable[bytes]) -> str:
    """The fingerprint of arrays of these sizes, from the digests of their blocks in order."""
    total = hashlib.blake2b(repr(sizes).encode(), digest_size=16)
    for digest in digests:
        total.update(digest)
    return total.hexdigest()


def block_digest(block: NDArray[Any]) -> bytes:
    """The digest of a block of at most `BLOCK` items."""
    result: bytes = text.checksum(np.ascontiguousarray(block).view(np.uint8))
    return result


def save_words(folder: Path, corpus: EncodedCorpus) -> None:
    """Write the vocabulary and metadata to the folder of ids and offsets, so that it can be opened."""
    vocabulary = corpus.vocabulary
    assert vocabulary.counts is not None
    arrays = {"words": vocabulary.data, "word_offsets": vocabulary.offsets, "counts": vocabulary.counts}
    for name, array in arrays.items():
        with open(folder / name, "wb") as file:
            file.write(np.ascontiguousarray(array).data)
    sizes = {name: os.path.getsize(folder / name) for name in (*TYPES, *WORD_TYPES)}
    info: dict[str, Any] = {
        "stats": asdict(corpus.stats),
        "fingerprint": corpus.fingerprint,
        "options": corpus.options,
        "sizes": sizes,
    }
    if corpus.pieces is not None:
        info["pieces"] = corpus.pieces.data.decode("utf-8")
    info["seal"] = _seal(info)
    (folder / "info.json").write_text(json.dumps(info), encoding="utf-8")


def _seal(info: dict[str, Any]) -> str:
    """A digest of the metadata, including the fingerprint of the arrays, to detect any change."""
    told = json.dumps({name: value for name, value in info.items() if name != "seal"}, sort_keys=True)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def is_encoded(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds an encoded corpus."""
    return all(os.path.isfile(os.path.join(folder, name)) for name in ("info.json", *TYPES, *WORD_TYPES))


def opened(folder: str | os.PathLike[str]) -> EncodedCorpus:
    """Open the corpus of a folder; CorpusError where it is damaged."""
    corpus = open_folder(Path(folder))
    if corpus is None:
        raise CorpusError(
            f"{os.fspath(folder)} must be an encoded corpus as it was written; it is damaged: encode again"
        )
    return corpus


def open_folder(folder: Path) -> EncodedCorpus | None:
    """Open the corpus of a folder; None if there is none, or it is damaged."""
    try:
        info = json.loads((folder / "info.json").read_text(encoding="utf-8"))
        sizes = {name: os.path.getsize(folder / name) for name in (*TYPES, *WORD_TYPES)}
        if not isinstance(info, dict) or info.get("seal") != _seal(info) or info["sizes"] != sizes:
            return None
        arrays = {name: map_file(folder / name, kind) for name, kind in {**TYPES, **WORD_TYPES}.items()}
        vocabulary = Vocabulary(arrays["words"], arrays["word_offsets"], arrays["counts"])
        vocabulary.check_offsets()
        stats, print_, options = CorpusStats(**info["stats"]), str(info["fingerprint"]), dict(info["options"])
        pieces = Pieces(info["pieces"].encode("utf-8")) if isinstance(info.get("pieces"), str) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if fingerprint(vocabulary, arrays["ids"], arrays["offsets"]) != print_:  # damaged since
        return None
    return EncodedCorpus(vocabulary, arrays["ids"], arrays["offsets"], stats, print_, options, pieces)
