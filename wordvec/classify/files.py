"""A classifier in a native file: safetensors, opened by one memory map."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from wordvec import store
from wordvec.base.errors import FormatError, OptionError
from wordvec.classify.features import Features
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.parts import ClassifierParts
from wordvec.classify.quantised import QuantisedRows
from wordvec.formats.io.source import Source
from wordvec.rows.tensors import tensor
from wordvec.vectors.files import is_native, prefixed, unprefixed
from wordvec.vocabulary import Vocabulary

KIND = "wordvec-classifier"
_NUMBERS = ("bucket", "min_n", "max_n", "word_ngrams")


def save(parts: ClassifierParts, path: str | os.PathLike[str]) -> None:
    """Write a classifier to one file, which appears when it is complete; OutputError where it cannot be written."""
    features, labels, input, output = parts.features, parts.labels, parts.input, parts.output
    words = features.words
    quantised = isinstance(input, QuantisedRows)
    tensors: dict[str, Any] = prefixed("input.", input.tensors()) if quantised else {"input": np.asarray(input)}
    tensors |= {"output": output, "vocab.data": words.data, "vocab.offsets": words.offsets}
    tensors |= {"labels.data": labels.data, "labels.offsets": labels.offsets, "labels.counts": labels.counts}
    if features.kept is not None:
        tensors["buckets"] = features.kept
    if not quantised:  # the index can be rebuilt, and counts are not needed: they would be much of a small file
        if words.hash is not None:
            tensors["vocab.hash"] = words.hash
        if words.counts is not None:
            tensors["vocab.counts"] = words.counts
    told = {name: getattr(features, name) for name in (*_NUMBERS, "byte_lengths", "label_prefix", "pruned")}
    config = {"options": parts.options.recorded(), "features": told, "dim": input.shape[1]}
    config["vocab"] = {"max_probe": words.max_probe}
    store.write_file(path, tensors, {**config, "metadata": parts.metadata}, kind=KIND)


def load(source: Source, mmap: bool = True) -> ClassifierParts:
    """Open a file that `save` wrote; FormatError for a damaged or another kind of file."""
    if not is_native(source.head):
        raise FormatError(
            f"{source.path}: a classifier must be a native file of wordvec or a supervised model of fastText; this is "
            f"{source.describe()}"
        )
    stored = store.open_file(source.path, mmap=mmap, kind=KIND)
    try:
        return _opened(dict(stored.tensors), stored.config)
    except (OptionError, FormatError, KeyError, TypeError) as error:
        raise FormatError(f"{stored.path}: {error}") from None


def _opened(tensors: dict[str, Any], config: dict[str, Any]) -> ClassifierParts:
    options, told, dim = (config.get(name) for name in ("options", "features", "dim"))
    if not isinstance(options, dict) or not isinstance(told, dict) or type(dim) is not int:
        raise FormatError("the config must have options, features and dim; it has not")
    if any(type(told.get(name)) is not int or not 0 <= told[name] < 2**31 for name in _NUMBERS):
        raise FormatError(f"{', '.join(_NUMBERS)} must be numbers of at least 0; got {told!r:.200}")
    given = ClassifierOptions(**options)
    agreed = {name: getattr(given, name) for name in (*_NUMBERS, "byte_lengths", "label_prefix")}
    agreed["bucket"] *= given.is_hashed
    if dim != given.vector_size or any(told.get(name) != value for name, value in agreed.items()):
        raise FormatError(f"features and dim must agree with the options; got {told!r:.200} and {dim}")
    kept = tensor(tensors, "buckets", "<i4", None) if "buckets" in tensors else None
    if kept is not None and len(kept) and (kept[0] < 0 or kept[-1] >= told["bucket"] or (kept[1:] <= kept[:-1]).any()):
        raise FormatError(f"buckets must rise from 0 to below {told['bucket']}; they do not")
    probe = config["vocab"]["max_probe"]
    if type(probe) is not int or probe < 0:
        raise FormatError(f"vocab.max_probe must be a number of at least 0; got {probe!r:.40}")
    words = Vocabulary(
        tensor(tensors, "vocab.data", "u1", None),
        tensor(tensors, "vocab.offsets", "<i8", None),
        tensors.get("vocab.counts"),
        tensors.get("vocab.hash"),
        probe,
    )
    names = Vocabulary(*(tensors[f"labels.{part}"] for part in ("data", "offsets", "counts")))
    names.check_offsets()
    if names.counts is None or len(names) < 2 or names.counts.min() < 0:
        raise FormatError(f"there must be two labels at least, with counts of at least 0; got {len(names)}")
    numbers = {name: told[name] for name in _NUMBERS}
    features = Features(
        words,
        **numbers,
        byte_lengths=tuple(given.byte_lengths),
        label_prefix=given.label_prefix,
        kept=kept,
        pruned=bool(told["pruned"]),
    )
    outputs = len(names) - (given.loss == "hs")
    output = tensor(tensors, "output", "<f4", outputs, dim)
    input: Any
    if "input" in tensors:
        input = tensor(tensors, "input", "<f4", features.rows, dim)
    else:
        encoded = {name: array for name, array in tensors.items() if name.startswith("input.")}
        input = QuantisedRows.from_tensors(unprefixed("input.", encoded), dim)
        if len(input) != features.rows:
            raise FormatError(f"codes must be those of {features.rows} rows; got {len(input)}")
    return ClassifierParts(given, features, names, input, output, config["metadata"])
