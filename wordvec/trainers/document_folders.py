"""The folder of a document model: native files that are written and opened together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wordvec.base.errors import FormatError
from wordvec.outputs import output_folder, recover
from wordvec.vectors import KeyedVectors

WORDS = "words"
OTHERS = ("documents", "ngrams")
NODES = "nodes"  # the output rows of hierarchical softmax, beside documents
_FILES = {f"{name}.safetensors" for name in (WORDS, *OTHERS, NODES)}


def save(folder: str | os.PathLike[str], parts: Mapping[str, KeyedVectors]) -> None:
    """Write each part to `NAME.safetensors`; the folder appears, or replaces an older one, in one step."""
    with output_folder(folder, may_replace=_is_ours) as new:
        for name, vectors in parts.items():
            vectors.save(os.path.join(new, f"{name}.safetensors"))


def parts_of(folder: str | os.PathLike[str]) -> set[str]:
    """The names of the parts in a folder; FormatError where the folder holds no document model."""
    recover(folder)
    names = {name for name in (WORDS, *OTHERS, NODES) if (Path(folder) / f"{name}.safetensors").is_file()}
    if WORDS not in names or len(names - {NODES}) != 2:
        problem = "words.safetensors and documents.safetensors, or ngrams.safetensors, as trained documents are kept"
        raise FormatError(f"{os.fspath(folder)} must be a folder with {problem}; it has {sorted(names) or 'neither'}")
    return names


def part(folder: str | os.PathLike[str], name: str) -> KeyedVectors:
    """One part, memory-mapped; FormatError where it is missing."""
    if name not in parts_of(folder):
        raise FormatError(f"{os.fspath(folder)} must have {name}.safetensors; it is a model of another kind")
    return KeyedVectors.load(Path(folder) / f"{name}.safetensors")


def _is_ours(folder: str) -> bool:
    """Whether a folder holds a document model, or parts of one, and nothing else: then it may be replaced."""
    names = set(os.listdir(folder))
    return names <= _FILES and all(os.path.isfile(os.path.join(folder, name)) for name in names)
