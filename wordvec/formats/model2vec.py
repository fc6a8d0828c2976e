"""Folders of model2vec and sentence-transformers' StaticEmbedding: rows in safetensors, words in a tokenizer's JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.base.logs import warn
from wordvec.corpus.pieces import Pieces
from wordvec.corpus.tokenizer_json import json_object, pieces_of
from wordvec.formats.format import Format
from wordvec.formats.io.binary_reader import open_binary
from wordvec.formats.io.matrix_and_words import choose, not_text, text_words
from wordvec.formats.io.row_reader import MAX_DIM
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source, open_source
from wordvec.outputs import output_folder
from wordvec.rows import Shared
from wordvec.rows.norms import row_blocks
from wordvec.store.header import Tensor, decode, encode, header_size, layout, to_json
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import TOKENIZER, WORDS
from wordvec.vocabulary import Vocabulary, packed

NAME = "model2vec"
_PLACES = ("", "0_StaticEmbedding")  # the folders where the libraries put the two files of a model
_WEIGHTS, _TOKENIZER = "model.safetensors", "tokenizer.json"
_FILES = {_WEIGHTS, _TOKENIZER, "config.json", "modules.json", "README.md"}
_MARK = "wordvec"  # in config.json: wordvec wrote the folder and may replace it
_BLOCK = 4 << 20
_MAX_LENGTH = 512  # model2vec's default for the pieces of a text that it reads


def recognise(source: Source) -> bool:
    """Whether the folder has rows and a tokenizer in the place of one of the libraries."""
    return source.is_folder and _place(source.path) is not None


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the pieces of the tokenizer as words, in the order of their ids, with float32 rows.

    Rows are multiplied by the weights of their pieces, and a mapping of many pieces to one row becomes shared rows.
    Special pieces with a row of zeros, such as padding, are left out. Rows that need none of this are mapped. Files of
    int8 lack their scale, so directions are right and norms are not. Unless texts are only split at white space, the
    tokenizer is kept as `vectors.tokenizer` and splits texts that are encoded.
    """
    place = _place(source.path)
    if place is None:
        raise FormatError(f"{source.path}: a model2vec folder must have {_WEIGHTS} and {_TOKENIZER}; it lacks one")
    tensors = _Tensors(os.path.join(place, _WEIGHTS))
    pieces, special = _pieces(os.path.join(place, _TOKENIZER))
    ids = np.fromiter(pieces.values(), np.int64, len(pieces))
    rows, weights = _rows_and_weights(tensors, ids)
    blank = [i for i, piece in enumerate(pieces) if piece in special and not tensors.matrix[rows[i]].any()]
    skipped = set(blank)
    try:
        words = Vocabulary(*packed(piece.encode("utf-8") for i, piece in enumerate(pieces) if i not in skipped))
    except UnicodeEncodeError as error:
        raise FormatError(f"{source.path}: pieces must be valid text; {error.object[:40]!r} is not") from None
    rows, weights = np.delete(rows, blank), None if weights is None else np.delete(weights, blank)
    kept, keep, _ = choose(words, select, source.path)
    rows, weights = rows[keep], None if weights is None else weights[keep]
    owned = len(tensors.matrix)
    shared = weights is None and owned < len(rows) and bool((rows[:owned] == np.arange(owned)).all())
    matrix = tensors.take(rows[:owned] if shared else rows, weights, select.mmap)
    origin = {"format": NAME, "rows": owned, "codec": tensors.code, "weighted": weights is not None}
    config = _config(source.path)
    metadata = {"source": origin, "model2vec": config}
    tokenizer = _tokenizer_of(place, source.path)
    vectors = Shared(matrix, rows) if shared else matrix
    return KeyedVectors(kept, vectors, metadata=metadata, tokenizer=tokenizer)


def _tokenizer_of(place: str, folder: str) -> Pieces | None:
    """The tokenizer; None where it only splits texts at white space into unchanged words."""
    path = os.path.join(place, _TOKENIZER)
    data = _json(path)
    model, before = data.get("model"), data.get("pre_tokenizer")
    at_blanks = isinstance(before, dict) and before.get("type") == "WhitespaceSplit"
    if isinstance(model, dict) and model.get("type") == "WordLevel" and at_blanks and data.get("normalizer") is None:
        return None
    config_path = os.path.join(folder, "config.json")
    config = _json(config_path) if os.path.isfile(config_path) else {}
    most = config.get("max_length", _MAX_LENGTH if place == folder else None)
    with open_source(path).open() as stream:
        text = stream.read()
    return Pieces(text, most if type(most) is int and 0 < most < 2**31 else None, config.get("normalize") is True)


def unread(folder: str, vectors: KeyedVectors) -> list[str]:
    """The tensors and files of a folder that are not read, for a message."""
    place = _place(folder) or folder
    tensors = _Tensors(os.path.join(place, _WEIGHTS)).layout.values()
    own = {"embeddings", "embedding.weight", "weights", "mapping"}
    names = [tensor.name for tensor in tensors if tensor.name not in own and not tensor.is_padding]
    files = [name for name in sorted(os.listdir(folder)) if name not in _FILES | set(_PLACES)]
    return [f"tensor {name}" for name in names] + [f"file {name}" for name in files]


def _place(folder: str) -> str | None:
    places = (os.path.join(folder, name) if name else folder for name in _PLACES)
    files = (_WEIGHTS, _TOKENIZER)
    return next((place for place in places if all(os.path.isfile(os.path.join(place, name)) for name in files)), None)


class _Tensors:
    """The tensors of a safetensors file, mapped."""

    def __init__(self, path: str) -> None:
        self.path = path
        source = open_source(path)
        if source.compression is not None:
            raise FormatError(f"{path}: a safetensors file must not be compressed; decompress it first")
        with open_binary(source) as file:
            try:
                length = header_size(file.take(8, "the size of the header").tobytes(), source.size)
                header = file.take(length, "the header").tobytes()
                self.layout, _ = decode(header, source.size - 8 - length)
            except FormatError as error:
                raise error if str(error).startswith(path) else FormatError(f"{path}: {error}") from None
            self.data = file.take(source.size - 8 - length, "the tensors")
        name = "embeddings" if "embeddings" in self.layout else "embedding.weight"
        matrix = self.get(name, 2, "F32", "F16", "BF16", "F64", "I8")
        if matrix is None or not 1 <= matrix.shape[1] <= MAX_DIM:
            raise FormatError(f"{path}: the file must have a tensor embeddings [R, D] of numbers; it has none")
        self.matrix, self.code = matrix, self.layout[name].code

    def get(self, name: str, dimensions: int, *codes: str) -> NDArray[Any] | None:
        """A tensor by name, read-only; None where there is none, FormatError for another dtype or shape."""
        tensor: Tensor | None = self.layout.get(name)
        if tensor is None:
            return None
        if len(tensor.shape) != dimensions or tensor.code not in codes:
            raise FormatError(
                f"{self.path}: tensor {name} must have {dimensions} dimensions and be one of {', '.join(codes)}; "
                f"it is {tensor.code} {list(tensor.shape)}"
            )
        return self.data[tensor.start : tensor.stop].view(tensor.dtype).reshape(tensor.shape)

    def take(self, rows: NDArray[np.int64], weights: NDArray[np.float32] | None, may_map: bool) -> NDArray[np.float32]:
        """[len(rows), D] float32: rows of the matrix times their weights; a view of the file where possible."""
        first = int(rows[0]) if len(rows) else 0
        run = bool((rows == np.arange(first, first + len(rows))).all())
        if may_map and weights is None and self.code == "F32" and self.matrix.flags.aligned and run:
            return self.matrix[first : first + len(rows)]
        out = np.empty((len(rows), self.matrix.shape[1]), np.float32)
        for at, part in row_blocks(rows, max(8, _BLOCK // self.matrix.shape[1])):
            block = self.matrix[part]
            if self.code == "BF16":
                block = (block.astype(np.uint32) << 16).view(np.float32)
            with np.errstate(over="ignore", invalid="ignore"):
                out[at : at + len(part)] = block if weights is None else block * weights[at : at + len(part), None]
        return out


def _rows_and_weights(
    tensors: _Tensors, ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32] | None]:
    """(the row of every piece, its weight or None)."""
    mapping = tensors.get("mapping", 1, "I64", "I32", "U32", "I16", "U16", "U8", "I8", "U64")
    weights = tensors.get("weights", 1, "F32", "F16", "F64")
    for name, sizes in (("mapping", mapping), ("weights", weights)):
        if sizes is not None and len(ids) and len(sizes) <= int(ids[-1]):
            raise FormatError(
                f"{tensors.path}: {name} must have a number for each of {ids[-1] + 1} ids; it has {len(sizes)}"
            )
    rows = ids if mapping is None else mapping[ids].astype(np.int64)
    if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(tensors.matrix):
        raise FormatError(
            f"{tensors.path}: pieces must have rows of the {len(tensors.matrix)} of the matrix; one has "
            f"{rows.min()} or {rows.max()}: does the tokenizer belong to this model?"
        )
    return rows, None if weights is None else weights[ids].astype(np.float32)


def _pieces(path: str) -> tuple[dict[str, int], set[str]]:
    """(piece to id, by rising id; the special pieces)."""
    return pieces_of(_json(path), path)


def _json(path: str) -> dict[str, Any]:
    """The object in a JSON file; FormatError where there is none."""
    with open_source(path).open() as stream:  # checks that it is a regular file
        return json_object(stream.read(), path)


def _config(folder: str) -> dict[str, Any]:
    """The numbers and texts of config.json, empty without that file."""
    path = os.path.join(folder, "config.json")
    config = _json(path) if os.path.isfile(path) else {}
    plain = {key: value for key, value in config.items() if isinstance(value, (str, int, float))}
    return {key: value for key, value in plain.items() if isinstance(value, str) or abs(value) < 2**63}  # no infinity


def save(vectors: KeyedVectors, path: str | os.PathLike[str], lowercase: bool = False) -> None:
    """Write a folder that model2vec and sentence-transformers load; they split texts at white space into words.

    With `lowercase` they lower texts first. Padding and unknown words have a row of zeros each: model2vec leaves
    unknown words out of the mean of a text, sentence-transformers counts them. A folder that wordvec wrote is replaced
    as a whole; any other that is not empty is an OutputError. Words with white space, or with capital letters under
    `lowercase`, cannot occur in a text: a warning gives their share.
    """
    words = [word.decode("utf-8") for word in text_words(vectors, NAME)]
    pieces = None if vectors.tokenizer is None or misses(vectors) else vectors.tokenizer
    blanks = [_distinct("[PAD]", vectors), _distinct("[UNK]", vectors)]
    if pieces is None:
        _warn_of_unreachable(words, lowercase)
    dim = vectors.vector_size
    settings = {"normalize": False, "max_length": None} if pieces is None else pieces.config()
    config = {
        **{"model_type": NAME, "architectures": ["StaticModel"], **settings},
        **{"embedding_dtype": "float32", "hidden_dim": dim, _MARK: "1"},
    }
    modules = [{"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"}]
    with output_folder(path, may_replace=_is_ours) as folder:
        with open(os.path.join(folder, _WEIGHTS), "wb") as file:
            if pieces is None:
                _write_rows(file, vectors, vectors.blocks(), len(vectors) + len(blanks), len(blanks))
            else:
                rows = _rows_of_pieces(vectors, pieces)
                _write_rows(file, vectors, _rows_at(vectors, rows), len(rows))
        with open(os.path.join(folder, _TOKENIZER), "wb") as file:
            if pieces is not None:
                file.write(pieces.data)
            else:
                file.writelines(part.encode("utf-8") for part in _tokenizer(words, blanks, lowercase))
        for name, value in (("config.json", config), ("modules.json", modules)):
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as text:
                json.dump(value, text, indent=2)
        with open(os.path.join(folder, "README.md"), "w", encoding="utf-8", newline="\n") as text:
            text.write(_CARD.format(words=len(words), dim=dim, case=", lower-cased" if lowercase else ""))


_CARD = """---
library_name: model2vec
tags:
- static-embeddings
- word-embeddings
- sentence-transformers
---

# Static word vectors

{words} words of {dim} numbers, written by wordvec. A text is split at white space{case}; its embedding is the mean
of the vectors of its words.

```python
from model2vec import StaticModel  # or: from sentence_transformers import SentenceTransformer

model = StaticModel.from_pretrained("path/to/this/folder")
model.encode(["two words"])
```
"""


def _is_ours(folder: str) -> bool:
    """Whether a folder holds only files that `save` writes, with its mark."""
    if not set(os.listdir(folder)) <= _FILES:
        return False
    try:
        return _MARK in _json(os.path.join(folder, "config.json"))
    except (OSError, FormatError):
        return False


def _warn_of_unreachable(words: list[str], lowercase: bool) -> None:
    lost = [word for word in words if word.split() != [word] or (lowercase and word.lower() != word)]
    if lost:
        why = "white space or capital letters" if lowercase else "white space"
        warn(
            f"words should be found in a text; {len(lost)} of {len(words)} ({len(lost) / len(words):.1%}) hold "
            f"{why} or nothing, as {lost[0]!r}: a tokenizer that splits at white space never gives them"
        )


def _distinct(piece: str, vectors: KeyedVectors) -> str:
    """A name for a special piece that is not a word of the vectors."""
    while piece in vectors.vocabulary:
        piece = f"{piece[:-1]}_]"
    return piece


def misses(vectors: KeyedVectors) -> set[str]:
    """A tokenizer whose pieces are not the words of the vectors."""
    pieces = vectors.tokenizer
    return {TOKENIZER} if pieces is not None and _rows_of_pieces(vectors, pieces) is None else set()


def _rows_of_pieces(vectors: KeyedVectors, tokenizer: Pieces) -> Any:
    """[P] the word index of each piece in the order of ids, -1 for a special piece that is not a word.

    None where some words are not pieces, or some pieces are not words.
    """
    pieces, special = tokenizer.pieces()
    rows = np.fromiter((vectors.vocabulary.get(piece, -1) for piece in pieces), np.int64, len(pieces))
    known = all(row >= 0 or piece in special for piece, row in zip(pieces, rows.tolist()))
    whole = known and list(pieces.values()) == list(range(len(pieces))) and int((rows >= 0).sum()) == len(vectors)
    return rows if whole else None


def _rows_at(vectors: KeyedVectors, places: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for first, part in row_blocks(places, max(8, _BLOCK // vectors.vector_size)):
        block = vectors._take(np.maximum(part, 0))
        block = np.where((part >= 0)[:, None], block, np.float32(0))
        yield first, block


def _write_rows(
    file: BinaryIO, vectors: KeyedVectors, blocks: Iterable[tuple[int, Any]], rows: int, blanks: int = 0
) -> None:
    """Write `blanks` rows of zeros, then the rows, as one tensor of a safetensors file."""
    dim = vectors.vector_size
    tensors = layout([("embeddings", np.dtype(np.float32), (rows, dim))])
    metadata = {"format": "pt"}  # expected by readers for torch
    size = -(-(8 + len(to_json(tensors, metadata))) // 64) * 64 - 8  # the rows start on a cache line
    file.write(encode(tensors, metadata, size))
    file.write(bytes(4 * dim * blanks))
    for _, block in blocks:
        file.write(np.ascontiguousarray(block, "<f4").tobytes())


def _tokenizer(words: list[str], blanks: list[str], lowercase: bool) -> Iterator[str]:
    """The parts of tokenizer.json: a tokenizer that splits at white space, and its words."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    head = {
        **{"version": "1.0", "truncation": None, "padding": None},
        "added_tokens": [{"id": id, "content": piece, **flags} for id, piece in enumerate(blanks)],
        "normalizer": {"type": "Lowercase"} if lowercase else None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        **{"post_processor": None, "decoder": None},
    }
    yield (
        json.dumps(head)[:-1]
        + ', "model": {"type": "WordLevel", "unk_token": '
        + json.dumps(blanks[1])
        + ', "vocab": {'
    )
    for id, word in enumerate(chain(blanks, words)):
        yield f"{', ' if id else ''}{json.dumps(word, ensure_ascii=False)}: {id}"
    yield "}}}\n"


FORMAT = Format(
    NAME,
    "a folder of model2vec or of sentence-transformers' StaticEmbedding",
    recognise,
    load,
    save,
    ("/",),
    holds=frozenset({WORDS, TOKENIZER}),
    unwritable=not_text,
    misses=misses,
    unread=unread,
)
