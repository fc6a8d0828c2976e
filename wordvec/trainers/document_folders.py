"""The folder of a model of documents: two native files that are written, and opened, as one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wordvec.base.errors import FormatError
from wordvec.formats import load
from wordvec.outputs import output_folder, recover
from wordvec.vectors import KeyedVectors

WORDS = "words"
OTHERS = ("documents", "ngrams")
NODES = "nodes"  # the output rows of hierarchical softmax, beside documents
_FILES = {f"{name}.safetensors" for name in (WORDS, *OTHERS, NODES)}


def save(folder: str | os.PathLike[str], parts: Mapping[str, KeyedVectors]) -> None:
    """Write each part to `NAME.safetensors`; the folder takes its name, or the place of an older one, as a whole."""
    with output_folder(folder, may_replace=_is_ours) as new:
        for name, vectors in parts.items():
            vectors.save(os.path.join(new, f"{name}.safetensors"))


def parts_of(folder: str | os.PathLike[str]) -> set[str]:
    """The names of the parts that a folder has; FormatError where it is none of a model."""
    recover(folder)
    found = {name for name in (WORDS, *OTHERS, NODES) if (Path(folder) / f"{name}.safetensors").is_file()}
    if WORDS not in found or len(found - {NODES}) != 2:
        problem = "words.safetensors and documents.safetensors, or ngrams.safetensors, as trained documents are kept"
        raise FormatError(f"{os.fspath(folder)} must be a folder with {problem}; it has {sorted(found) or 'neither'}")
    return found


def part(folder: str | os.PathLike[str], name: str) -> KeyedVectors:
    """One part, mapped; FormatError where it is not there."""
    if name not in parts_of(folder):
        raise FormatError(f"{os.fspath(folder)} must have {name}.safetensors; it is a model of another kind")
    return load(Path(folder) / f"{name}.safetensors")


def _is_ours(folder: str) -> bool:
    """Whether a folder holds a model of documents, or what is left of one, and nothing else."""
    names = set(os.listdir(folder))
    return names <= _FILES and all(os.path.isfile(os.path.join(folder, name)) for name in names)
