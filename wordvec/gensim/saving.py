"""Saves models of wordvec.gensim to one native file, and opens those and models that gensim saved."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from wordvec import store
from wordvec.base.errors import FormatError
from wordvec.formats import gensim as files
from wordvec.formats.io.gensim_saved import Saved
from wordvec.formats.io.selection import selection
from wordvec.formats.io.source import open_source
from wordvec.gensim.errors import NoModel, NotDone
from wordvec.optim.descent import aligned_matrix
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import checked_path, from_stored, write_native

_NUMBERS = ("corpus_count", "corpus_total_words", "train_count", "effective_min_count", "running_training_loss")
_TREE = "gensim.syn1"
_PATHS = ("gensim.path.offsets", "gensim.path", "gensim.path.code")


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Write words and vectors as in any native file, and the rest of the model beside them."""
    options = {name: _plain(getattr(model, name)) for name in model.option_names}
    numbers = {name: _plain(getattr(model, name)) for name in _NUMBERS}
    more = {_TREE: model._outputs.tree, **dict(zip(_PATHS, model._outputs.paths or ())), **model._more()}
    vectors = model.wv.with_oov("auto")
    vectors._context = model._outputs.negative
    vectors.metadata = {**vectors.metadata, "gensim": {"class": type(model).__name__, **options, "state": numbers}}
    write_native(vectors, checked_path(path), {name: array for name, array in more.items() if array is not None})


def load(kind: Any, path: str | os.PathLike[str]) -> Any:
    """Open a model that `save` or gensim wrote; NoModel where the file holds something else."""
    name = checked_path(path)
    source = open_source(name)
    if files.recognise(source):
        return _of_gensim(kind, Saved(source, selection(mmap=False)))
    try:
        stored = store.open_file(name, mmap=False)
    except FormatError as error:
        raise NoModel(f"{name}: the file must be a model that {kind.__name__}.save wrote, or gensim; {error}") from None
    told = stored.config.get("metadata", {}).get("gensim")
    if not isinstance(told, dict) or told.get("class") != kind.__name__:
        found = told.get("class") if isinstance(told, dict) else "vectors without a model: use KeyedVectors.load"
        raise NoModel(f"{name}: the file must hold a {kind.__name__}; it holds {found}")
    model = _empty(kind, {key: value for key, value in told.items() if key not in ("class", "state")}, name)
    for key in _NUMBERS:
        setattr(model, key, told.get("state", {}).get(key, 0))
    vectors = from_stored(KeyedVectors, stored)
    vectors.metadata = {key: value for key, value in vectors.metadata.items() if key != "gensim"}
    model.wv = model._made(vectors)
    outputs = (("negative", vectors.context), ("tree", stored.tensors.get(_TREE)))
    for head, rows in outputs:
        setattr(model._outputs, head, None if rows is None else _aligned(rows, len(vectors), vectors.vector_size, name))
    if all(part in stored.tensors for part in _PATHS):
        model._outputs.paths = _checked([np.array(stored.tensors[part]) for part in _PATHS], len(vectors), name)
    model._take_more(stored.tensors)
    return model


def _empty(kind: Any, options: dict[str, Any], path: str) -> Any:
    """A model with the options of a file; NoModel where they are not options of the class."""
    try:
        return kind(**options)
    except (TypeError, ValueError) as error:
        raise NoModel(f"{path}: options of the model: {error}") from None


def _of_gensim(kind: Any, saved: Saved) -> Any:
    """A model that gensim saved: words, output matrices, options and tags."""
    if kind.__name__ != saved.name:
        raise NoModel(f"{saved.path}: the file must hold a {kind.__name__}; it holds a {saved.name} of gensim")
    part = files.Part(saved, saved.wv)
    vectors = part.vectors(saved.output("syn1neg"))
    options = dict(saved.options())
    options |= {"vector_size": vectors.vector_size, "workers": saved.option("workers") or 1}
    for name in ("corpus_count", "corpus_total_words", "dm_concat"):
        options.pop(name, None)
    if saved.option("dm_concat"):
        raise NotDone(
            f"{saved.path}: dm_concat=1 joins the words of a window, which wordvec does not; wordvec.load(path) has "
            "the vectors of words"
        )
    options.setdefault("dm", 1 - int(options.get("sg", 0)))  # gensim keeps but this one
    known = {name: value for name, value in options.items() if name in kind.loadable}
    model = _empty(kind, known | part_options(saved), saved.path)
    model.wv = model._made(vectors)
    lost = list(part.lost)
    if vectors.context is not None and model.negative:
        model._outputs.negative = _aligned(vectors.context, len(vectors), vectors.vector_size, saved.path)
    elif model.negative:
        model._outputs.negative = aligned_matrix(len(vectors), vectors.vector_size)
        lost.append("output rows (syn1neg), of which there are none: training would start with zeros")
    if model.hs:
        tree, paths = saved.output("syn1"), part.paths()
        if tree is None or paths is None:
            lost.append("the tree of hierarchical softmax (syn1): training would start with another")
        else:
            rows = saved.rows(tree, None, "syn1")
            model._outputs.tree, model._outputs.paths = (
                _aligned(rows, len(vectors), vectors.vector_size, saved.path),
                paths,
            )
    model.corpus_count = saved.option("corpus_count") or 0
    model.corpus_total_words = saved.option("corpus_total_words")
    model.train_count = saved.option("train_count") or 0
    model._take_tags(files.document_part(saved))
    if lost:
        warnings.warn(f"{saved.path}: not read: {'; '.join(lost)}", stacklevel=4)
    return model


def part_options(saved: Saved) -> dict[str, Any]:
    """The n-gram options of a FastText model."""
    state = saved.wv.state
    return {name: state[name] for name in ("min_n", "max_n", "bucket") if type(state.get(name)) is int}


def _aligned(matrix: Any, rows: int, size: int, path: str) -> Any:
    """A writable, aligned copy of output rows."""
    if matrix.shape != (rows, size) or matrix.dtype != np.float32:
        raise FormatError(f"{path}: output rows must be {rows} x {size} numbers; they are {matrix.shape}")
    made = aligned_matrix(rows, size)
    made[:] = matrix
    return made


def _checked(paths: list[Any], words: int, name: str) -> Any:
    """The paths of a Huffman tree, checked for the kernel; FormatError where they leave the tree."""
    offsets, path, code = paths
    shapes = offsets.shape == (words + 1,) and path.ndim == 1 and path.shape == code.shape
    kinds = (offsets.dtype, path.dtype, code.dtype) == (np.int64, np.int32, np.uint8)
    if not shapes or not kinds or offsets[0] != 0 or offsets[-1] != len(path) or (np.diff(offsets) < 0).any():
        raise FormatError(f"{name}: the paths of the tree must be one for each of {words} words; they are not")
    if len(path) and (path.min() < 0 or path.max() >= words or code.max() > 1):
        raise FormatError(f"{name}: the paths of the tree must stay in its {words} nodes; they do not")
    return offsets, path, code


def _plain(value: Any) -> Any:
    """A value as JSON represents it."""
    return value.item() if isinstance(value, np.generic) else value
