"""KeyedVectors in the native file: written, opened by one map, verified; pickled by reference."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from wordvec import store
from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs import open_rows
from wordvec.rows import Rows, Shared
from wordvec.vectors.attributes import Attributes
from wordvec.vectors.core import Core
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from wordvec.corpus.pieces import Pieces
    from wordvec.search.indexes import SearchIndex
    from wordvec.subwords import Subwords
    from wordvec.transforms import Transforms

Vectors = TypeVar("Vectors", bound=Core)
BY_METRIC: dict[str, type[Core]] = {}  # the class of vectors of another metric than the cosine; each enters itself
BY_CONFIG: dict[str, type[Core]] = {}  # the class of vectors whose file has a certain config; likewise


def write_native(vectors: Core, path: str | os.PathLike[str], more: Mapping[str, NDArray[Any]] | None = None) -> None:
    """Write everything to one native file, which appears when it is complete; OutputError where it cannot.

    `more` are tensors beside those of vectors: the caller reads them.
    """
    words, counts, rows = vectors._vocabulary, vectors._vocabulary.counts, vectors._rows
    arrays: dict[str, Any] = prefixed("embeddings", rows.tensors())
    arrays |= {"vocab.data": words.data, "vocab.offsets": words.offsets}
    arrays |= prefixed("vocab.", words.index_of_words.tensors())
    arrays |= {"vocab.row": rows.row_of, "counts": counts, "context": vectors.context}
    config: dict[str, Any] = {"codec": rows.name, "dim": vectors.vector_size}
    if (contexts := vectors._contexts) is not None:
        arrays |= prefixed("contexts.", _tensors_of_contexts(contexts))
        config["contexts"] = contexts.metadata
    columns, texts = vectors._attributes.tensors()
    arrays |= columns
    arrays["tokenizer"] = None if vectors._tokenizer is None else np.frombuffer(vectors._tokenizer.data, np.uint8)
    sorted_by_count = counts is not None and bool((counts[1:] <= counts[:-1]).all())
    config |= {"metric": rows.metric, "sorted_by_count": sorted_by_count, "vocab": {"max_probe": words.max_probe}}
    if vectors._tokenizer is not None:
        config["tokenizer"] = vectors._tokenizer.config()
    if vectors._policy.saved_name is not None:
        config["oov"] = vectors._policy.saved_name
    if texts:
        config["categories"] = texts
    config |= vectors._config()
    if not rows.is_dense:
        config["codec_options"] = rows.config()
    for name, part in (("subword", vectors._subwords), ("transform", vectors._transforms)):
        if part is not None:
            arrays |= prefixed(f"{name}.", part.tensors())
            config[name] = part.config()
    if vectors._subwords is not None and vectors._transforms is not None:
        config["subword"].setdefault("after", [])  # without it, as in older files, they would need all transforms
    after = "after" in config.get("subword", {})
    requires = [*(["codec"] if not rows.is_dense else []), *(["vocab.row"] if rows.row_of is not None else [])]
    requires += ["subword.after"] if after else []
    requires += ["category"] if texts else []
    requires += ["metric"] if rows.metric != "cosine" else []
    tensors = {name: array for name, array in (arrays | dict(more or {})).items() if array is not None}
    requires += ["vocab.order"] if {"vocab.order", "subword.order"} & tensors.keys() else []
    # Of all tensors only the codes of bfloat16 rows are matrices of uint16.
    bits = {name for name, array in tensors.items() if array.dtype == np.uint16 and array.ndim == 2}
    store.write_file(path, tensors, {**config, "metadata": vectors.metadata}, requires, bits)


def open_native(cls: type[Vectors], path: str | os.PathLike[str], mmap: bool = True) -> Vectors:
    """The vectors of a native file, mapped or read into memory; FormatError where the file is damaged."""
    return from_stored(cls, store.open_file(path, mmap=mmap))


def from_stored(cls: type[Vectors], stored: store.StoredFile) -> Vectors:
    """The vectors of an open native file, as an object of a class; FormatError where the file is damaged."""
    tensors, config = stored.tensors, stored.config
    try:
        words = Vocabulary(
            tensors["vocab.data"],
            tensors["vocab.offsets"],
            tensors.get("counts"),
            tensors.get("vocab.hash"),
            config["vocab"]["max_probe"],
            tensors.get("vocab.order"),
        )
        rows = open_rows(config["codec"], unprefixed("embeddings", tensors), config.get("codec_options", {}))
        if rows.shape[1] != config["dim"]:
            raise FormatError(f"vectors must have the {config['dim']} numbers of the config; got {rows.shape[1]}")
        if rows.metric != config.get("metric", "cosine"):
            raise FormatError(f"rows must have the metric of the config, {config['metric']!r:.40}; got {rows.metric}")
        if rows.metric != "cosine":
            cls = cast("type[Vectors]", cls if issubclass(cls, BY_METRIC[rows.metric]) else BY_METRIC[rows.metric])
        more: dict[str, Any] = {}
        for name in BY_CONFIG.keys() & config.keys():
            cls = cast("type[Vectors]", cls if issubclass(cls, BY_CONFIG[name]) else BY_CONFIG[name])
            more[name] = _object(config[name], name)
        if "vocab.row" in tensors:
            rows = Shared(rows, tensors["vocab.row"], believed=True)
        transforms = _transforms(tensors, config.get("transform"))
        subwords = _subwords(tensors, config.get("subword"), transforms)
        if subwords is not None and subwords.vector_size != rows.shape[1]:
            raise FormatError(
                f"subword.table must have the {rows.shape[1]} numbers of the vectors; got {subwords.vector_size}"
            )
        vectors = cls(
            words,
            rows,
            metadata=config["metadata"],
            context=tensors.get("context"),
            subwords=subwords,
            transforms=transforms,
            attributes=Attributes.columns_of(tensors, config.get("categories", [])),
            oov=config.get("oov", "auto"),
            tokenizer=_pieces(tensors.get("tokenizer"), config.get("tokenizer")),
            contexts=_contexts(cls, unprefixed("contexts.", tensors), config.get("contexts")),
            **more,
        )
    except (OptionError, FormatError) as error:
        raise FormatError(f"{stored.path}: {error}") from None
    vectors._stored = stored
    return vectors


def verify(vectors: Core) -> None:
    """See `KeyedVectors.verify`."""
    if vectors._stored is None:
        raise OptionError("vectors must come from a native file to be verified; these do not")
    vectors._stored.verify()
    try:
        vectors._vocabulary.check()
        vectors._attributes.check()
        if vectors._contexts is not None:
            vectors._contexts._vocabulary.check()
    except (OptionError, FormatError) as error:
        raise FormatError(f"{vectors._stored.path}: {error}") from None


def reduced(vectors: Core) -> tuple[Any, ...]:
    """How vectors are pickled: by reference where they are mapped from a file, which is opened again; else by value."""
    if vectors._stored is not None and vectors._stored.map is not None:
        stored, state = vectors._stored, {"metadata": vectors.metadata, "_policy": vectors._policy}
        return _reopen, (type(vectors), stored.path, stored.size, stored.mtime_ns), state
    parts = vectors._parts(context=None if vectors.context is None else np.array(vectors.context))
    parts |= {"attributes": dict(vectors._attributes), "contexts": vectors._contexts}
    return partial(type(vectors), **parts), (vectors._vocabulary, vectors.rows)


def _reopen(of: type[Vectors], path: str, size: int, mtime_ns: int) -> Vectors:
    """The vectors that another process pickled by reference; FormatError where the file is no longer the same."""
    vectors = open_native(of, path)
    stored = vectors._stored
    if stored is None or (stored.size, stored.mtime_ns) != (size, mtime_ns):
        raise FormatError(f"{path} must be the file that was pickled; it has been replaced since: load it again")
    return vectors


def opened_index(path: str, vectors: Core) -> SearchIndex:
    """The index in a file; FormatError if it was built from other vectors, or from an older version of these."""
    from wordvec.base.arguments import check_cosine
    from wordvec.search.indexes import open_index

    check_cosine(vectors=vectors)
    return open_index(path, vectors.rows, checksum=rows_checksum(vectors))


def rows_checksum(vectors: Core) -> int | None:
    """The checksum of the rows as their native file has it, so that they need not be read; None without one."""
    stored = vectors._stored
    if stored is None or isinstance(vectors.vectors, Rows):
        return None
    checksum = json.loads(stored.metadata["wordvec.checksums"]).get("embeddings", "")
    return int(checksum.removeprefix("crc32:"), 16) if checksum.startswith("crc32:") else None


def is_native(head: bytes) -> bool:
    """Whether a file starts with the size of a JSON object and that object."""
    return head[5:9] == b"\x00\x00\x00{"


def checked_path(path: Any) -> str:
    """A path as text; OptionError where it is none."""
    name = os.fspath(path) if isinstance(path, (str, bytes, os.PathLike)) else None
    if not name:
        raise OptionError(f"path must be that of a file, a string or a pathlib.Path; got {path!r:.80}")
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise OptionError(f"path must be a name that files can have; got {name!r:.80}") from None
    if (b"\0" if isinstance(name, bytes) else "\0") in name:
        raise OptionError(f"path must be a name that files can have, without NUL; got {name!r:.80}")
    return os.fsdecode(name)


def checked_mmap(mmap: Any) -> bool:
    """Whether a file is to be mapped: True or gensim's "r"; False or gensim's None where it is not."""
    if mmap is None or isinstance(mmap, (bool, np.bool_)):
        return bool(mmap)
    if not isinstance(mmap, str) or mmap != "r":
        raise OptionError(
            f"mmap must be True or 'r', to map a file for reading, or False; got {mmap!r}: for vectors that can be "
            "changed, use mmap=False"
        )
    return True


def prefixed(prefix: str, tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Tensors under the names that they have in a file."""
    return {prefix + name: array for name, array in tensors.items()}


def unprefixed(prefix: str, tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The tensors of a file whose names start so, under the rest of their names."""
    return {name[len(prefix) :]: array for name, array in tensors.items() if name.startswith(prefix)}


def _tensors_of_contexts(contexts: Core) -> dict[str, NDArray[Any]]:
    """The tensors of contexts with a vocabulary of their own; their index is built when it is needed."""
    words = contexts._vocabulary
    tensors: dict[str, NDArray[Any]] = {
        "embeddings": contexts._take(np.arange(len(contexts))),
        "vocab.data": words.data,
    }
    counts = {} if words.counts is None else {"counts": words.counts}
    return tensors | {"vocab.offsets": words.offsets} | counts


def _contexts(cls: type[Vectors], tensors: Mapping[str, NDArray[Any]], metadata: Any) -> Vectors | None:
    """The contexts of a file; FormatError where their tensors are missing, or of another type than they must be."""
    if metadata is None:
        return None
    wanted = {"embeddings": ("f", 2), "vocab.data": ("u", 1), "vocab.offsets": ("i", 1)}
    for name, (kind, dimensions) in wanted.items():
        array = tensors.get(name)
        if array is None or array.dtype.kind != kind or array.ndim != dimensions:
            got = "none" if array is None else f"{array.dtype} {array.shape}"
            raise FormatError(f"tensor 'contexts.{name}' must have {dimensions} dimensions of kind {kind}; got {got}")
    counts = tensors.get("counts")
    _object(metadata, "metadata of contexts")
    words = Vocabulary(tensors["vocab.data"], tensors["vocab.offsets"], counts)
    words.check_offsets()
    return cast("Vectors", (cls._contexts_class or cls)(words, tensors["embeddings"], metadata=metadata))


def _object(value: Any, name: str) -> dict[str, Any]:
    """A JSON object of the config; FormatError where it is none."""
    if not isinstance(value, dict):
        raise FormatError(f"{name} must be an object; got {value!r:.60}")
    return value


def _subwords(tensors: Mapping[str, NDArray[Any]], config: Any, transforms: Transforms | None) -> Subwords | None:
    if config is None:
        return None
    from wordvec.subwords import open_subwords

    subwords = open_subwords(unprefixed("subword.", tensors), config)
    # A file without this knows a table in the space of the training alone.
    if transforms is not None and "after" not in config:
        subwords.after = transforms
    return subwords


def _pieces(data: NDArray[Any] | None, config: Any) -> Pieces | None:
    if data is None:
        return None
    from wordvec.corpus.pieces import Pieces

    if data.dtype != np.uint8 or data.ndim != 1:
        raise FormatError(f"tokenizer must be bytes; got {data.dtype} of shape {data.shape}")
    return Pieces.from_config(data.tobytes(), config)


def _transforms(tensors: Mapping[str, NDArray[Any]], config: Any) -> Transforms | None:
    if config is None:
        return None
    from wordvec.transforms import Transforms  # here, as few files have some

    return Transforms.from_tensors(unprefixed("transform.", tensors), config)
