"""The folder of slices: a native file for each, and a small JSON file that has their order, names and checksums."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from wordvec.base.digests import digest_of
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.formats import FORMATS, load
from wordvec.outputs import output_folder, recover, split_compression, suffix_of
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import open_native, write_native

Path = str | os.PathLike[str]

FILE = "slices.json"
VERSION = 1
COMPASS = "compass"
_KIND = "wordvec-slices"
_NATIVE = ".safetensors"
_LONGEST = 100  # characters of a file name that are taken from the name of a slice
_LARGEST = 1 << 26  # bytes of the JSON file
_REPEAT = re.compile(r"repeat-([1-9][0-9]{0,5})")


@dataclass(frozen=True)
class Parts:
    """What a folder of slices holds."""

    slices: Mapping[str, KeyedVectors]
    compass: KeyedVectors | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    repeats: tuple[Parts, ...] = ()


class Listing(NamedTuple):
    """The files of a folder of slices."""

    slices: dict[str, str]  # the path of each slice by its name, in their order
    compass: str | None
    checksums: dict[str, str]  # by path; empty without a JSON file
    metadata: dict[str, Any]
    repeats: list[str]  # folders


def write_folder(folder: Path, parts: Parts, force: bool) -> None:
    """Write a folder as a whole or not at all; see `Slices.save`."""
    is_empty = os.path.isdir(folder) and not os.listdir(folder)
    with output_folder(folder, may_replace=is_ours, force=force or is_empty) as new:
        _fill(new, parts)


def read_folder(folder: Path, mmap: bool = True) -> Parts:
    """Open what a folder holds; see `Slices.load`."""
    found = listing(folder)
    repeats = [listing(repeat) for repeat in found.repeats]  # which have no repeats of their own
    return _read(found, mmap, tuple(_read(repeat, mmap) for repeat in repeats))


def _read(found: Listing, mmap: bool, repeats: tuple[Parts, ...] = ()) -> Parts:
    slices = {name: _opened(path, found.checksums.get(path), mmap) for name, path in found.slices.items()}
    path = found.compass
    compass = None if path is None else _opened(path, found.checksums.get(path), mmap)
    return Parts(slices, compass, found.metadata, repeats)


def is_slices(path: Path) -> bool:
    """Whether a path is a folder that `Slices.save` wrote."""
    return os.path.isfile(os.path.join(path, FILE))


def is_ours(folder: Path) -> bool:
    """Whether a folder holds slices and nothing else: then it may be replaced."""
    names = os.listdir(folder)
    repeats = [name for name in names if _REPEAT.fullmatch(name)]
    files = [file for name in repeats for file in os.listdir(os.path.join(folder, name))]
    return all(name == FILE or name.endswith(_NATIVE) for name in (*files, *(set(names) - set(repeats))))


def file_names(names: Sequence[str]) -> list[str]:
    """File names for slices: letters, digits and `_.-` of ASCII stay, other characters become %XX, as in addresses.

    A name that is too long, empty, or the same but for case as one before gets a number. `compass` is kept free.

    >>> file_names(["1970s", "a/b", "..", "A/B", "compass"])
    ['1970s.safetensors', 'a%2Fb.safetensors', '%2E..safetensors', 'A%2FB~2.safetensors', 'compass~2.safetensors']
    """
    taken = {COMPASS}
    files = []
    for name in names:
        stem = quote(name, safe="", errors="surrogateescape").replace("~", "%7E")
        stem = re.sub(r"^\.", "%2E", stem)[:_LONGEST]
        free, number = stem, 1
        while not free or free.casefold() in taken:
            number += 1
            free = f"{stem}~{number}"
        taken.add(free.casefold())
        files.append(free + _NATIVE)
    return files


def listing(folder: Path) -> Listing:
    """The files of a folder: those that its JSON file names, else all files of vectors in the order of their names.

    FileNotFoundError where there is no folder; FormatError where the JSON file is damaged, or no file is there.
    """
    path = os.fspath(folder)
    recover(path)
    if not os.path.isdir(path):
        problem = "is a file" if os.path.exists(path) else "does not exist"
        raise FileNotFoundError(f"{path}: slices must be a folder, as Slices.save writes it; this {problem}")
    return _named(path, _read_json(path)) if is_slices(path) else _unnamed(path)


def natural(text: str) -> tuple[Any, ...]:
    """A key of a sort in which numbers within texts rise: 9 comes before 10."""
    parts = re.split(r"(\d+)", text)
    return tuple(int(part) if place % 2 else part.casefold() for place, part in enumerate(parts)), text


def _fill(folder: str, parts: Parts) -> None:
    """Write vectors and the JSON file to a folder that is there."""
    entries = []
    for (name, vectors), file in zip(parts.slices.items(), file_names(list(parts.slices)), strict=True):
        entries.append({"name": name, **_written(vectors, folder, file)})
    compass = None if parts.compass is None else _written(parts.compass, folder, COMPASS + _NATIVE)
    repeats = [f"repeat-{number}" for number, _ in enumerate(parts.repeats, 2)]
    for name, repeat in zip(repeats, parts.repeats, strict=True):
        os.mkdir(os.path.join(folder, name))
        _fill(os.path.join(folder, name), repeat)
    facts: dict[str, Any] = {"kind": _KIND, "version": VERSION, "slices": entries, "compass": compass}
    facts |= {"repeats": repeats, "metadata": parts.metadata}
    with open(os.path.join(folder, FILE), "w", encoding="utf-8") as stream:
        json.dump({**facts, "checksum": _seal(facts)}, stream, indent=1)


def _written(vectors: KeyedVectors, folder: str, file: str) -> dict[str, Any]:
    """Write vectors; the entry of their file."""
    path = os.path.join(folder, file)
    write_native(vectors, path)
    return {"file": file, "words": len(vectors), "checksum": _checksum(open_native(KeyedVectors, path))}


def _checksum(vectors: KeyedVectors) -> str:
    """A digest of the checksums in a native file, which tells its content from any other without reading all of it."""
    assert vectors._stored is not None
    return digest_of(vectors._stored.metadata["wordvec.checksums"])


def _seal(facts: Mapping[str, Any]) -> str:
    return digest_of(json.dumps(facts, sort_keys=True))


def _opened(path: str, checksum: str | None, mmap: bool) -> KeyedVectors:
    """One file of vectors; FormatError where it is not the one that was written with this checksum."""
    if checksum is None:
        return load(path, mmap=mmap)
    if not os.path.isfile(path):
        raise FormatError(f"{path}: the file of a slice must be in its folder; it is missing: copy the folder again")
    vectors = open_native(KeyedVectors, path, mmap)
    if _checksum(vectors) != checksum:
        raise FormatError(
            f"{path}: the file must be the one that was saved with the other slices; it is another: copy the whole "
            f"folder again, or remove {FILE} to open the files as they are"
        )
    return vectors


def _read_json(folder: str) -> dict[str, Any]:
    """The JSON file of a folder, whole and of a version that is known."""
    path = os.path.join(folder, FILE)
    with open(path, "rb") as file:
        data = file.read(_LARGEST + 1)
    try:
        facts = json.loads(data) if len(data) <= _LARGEST else None
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or facts.get("kind") != _KIND:
        raise FormatError(f"{path}: the file must be JSON as Slices.save writes it; it is damaged or another file")
    if facts.get("version") != VERSION:
        raise FormatError(
            f"{path}: the version must be {VERSION}; it is {facts.get('version')!r:.20}: update wordvec to read it"
        )
    if facts.pop("checksum", None) != _seal(facts):
        raise FormatError(f"{path}: the file must be as it was saved; it was changed or is damaged: save slices again")
    return facts


def _named(folder: str, facts: dict[str, Any]) -> Listing:
    """The files that the JSON file names; FormatError where an entry is no file of this folder."""
    try:
        compass, repeats, metadata = facts["compass"], list(facts["repeats"]), dict(facts["metadata"])
        named = [(entry["name"], entry["file"], entry["checksum"]) for entry in facts["slices"]]
        others = [] if compass is None else [(COMPASS, compass["file"], compass["checksum"])]
        is_safe = bool(named) and len({name for name, _, _ in named}) == len(named)
        is_safe &= all(map(_is_entry, (*named, *others))) and all(_REPEAT.fullmatch(name) for name in repeats)
    except (KeyError, TypeError, ValueError):
        is_safe = False
    if not is_safe:
        raise FormatError(
            f"{os.path.join(folder, FILE)}: the file must name slices by files of its folder; it does not"
        )
    paths = {name: os.path.join(folder, file) for name, file, _ in named}
    checksums = {os.path.join(folder, file): checksum for _, file, checksum in (*named, *others)}
    own = os.path.join(folder, others[0][1]) if others else None
    return Listing(paths, own, checksums, metadata, [os.path.join(folder, name) for name in repeats])


def _is_entry(entry: tuple[Any, ...]) -> bool:
    """Whether name, file and checksum are texts, and the file is of the folder itself."""
    file = entry[1]
    is_text = all(isinstance(text, str) for text in entry)
    return (
        is_text and file.endswith(_NATIVE) and "\0" not in file and "\\" not in file and os.path.basename(file) == file
    )


def _unnamed(folder: str) -> Listing:
    """The files of vectors in a folder without a JSON file, by their names, with a warning that says so."""
    names = sorted((entry.name for entry in os.scandir(folder) if entry.is_file()), key=natural)
    names = [name for name in names if not name.startswith(".")]
    used = [name for name in names if _is_vectors(name) and not any(name.startswith(f"{one}.") for one in names)]
    slices: dict[str, str] = {}
    for file in used:
        name = os.path.splitext(split_compression(file)[0])[0]
        if name in slices:
            raise OptionError(
                f"{folder}: slices must have names of their own; {file} and {os.path.basename(slices[name])} have "
                "the same: rename one, or move it away"
            )
        slices[name] = os.path.join(folder, file)
    compass = slices.pop(COMPASS, None)
    if not slices:
        raise FormatError(
            f"{folder}: the folder must hold slices, files of vectors such as 1970s.safetensors; it has none"
        )
    unread = [name for name in names if name not in used]
    warn(
        f"{folder} has no {FILE}: its slices are the files of vectors in the order of their names: "
        f"{', '.join(slices)[:200]}" + (f"; not read: {', '.join(unread)[:200]}" if unread else "")
    )
    return Listing(slices, compass, {}, {}, [])


def _is_vectors(name: str) -> bool:
    """Whether a name ends in a suffix of vectors."""
    return any(suffix_of(name) in format.suffixes for format in FORMATS.values())
