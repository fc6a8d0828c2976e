"""What a service is told at its start: models, limits, who may ask, and how many threads scan."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from wordvec.align.temporal.folder import is_slices, listing
from wordvec.base.errors import OptionError
from wordvec.base.logs import warn
from wordvec.base.options import Options, option

_NAME = re.compile(r"[\w.-]{1,100}")  # of a model, as it stands in addresses
BATCH_FACTOR = 100  # a batch may have this many times `max_topn` answers in all


@dataclass(frozen=True, kw_only=True)
class Limits(Options):
    """What a request may ask for, and for how long."""

    max_body: int = option(1 << 20, "bytes of the body of a request", low=1)
    max_topn: int = option(1000, "answers to one query; a batch has at most 100 times as many in all", low=100)
    max_batch: int = option(1000, "queries, words, pairs or texts in one request", low=1)
    max_map: int = option(100_000, "words of a map", low=100)
    map_timeout: float = option(600.0, "seconds for a map by UMAP or t-SNE, in place of --timeout", above=0)
    max_waiting: int = option(1024, "requests that wait for a scan or a thread; more are refused with 503", low=1)
    rate: float | None = option(None, "requests a second of one client; none given: any number", above=0)
    timeout: float = option(10.0, "seconds for a request, from its first byte to the last of the answer", above=0)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that a worker needs to know; it can be pickled, as workers are processes of their own.

    `models` and `indexes` are paths by the name of the model; `spaces` are names of models that share a space, in
    their order; `hosts` are the names that a request may call the server by, None for any; `origins` are web sites
    whose pages may ask. `counts` is memory that workers share, for the sums of /metrics; a worker ends when its
    `parent` has ended, or with `terminal` when that was closed.
    """

    models: Mapping[str, str]
    indexes: Mapping[str, str] = field(default_factory=dict)
    spaces: tuple[tuple[str, ...], ...] = ()
    limits: Limits = field(default_factory=Limits)
    threads: int = 1
    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] | None = None
    origins: tuple[str, ...] = ()
    poll: float = 2.0  # seconds between looks at the files
    counts: Any = None
    parent: int | None = None
    terminal: bool = False

    def __post_init__(self) -> None:
        if not self.models:
            raise OptionError("a service must have a model; got none")
        for name in self.models:
            if not _is_name(name):
                raise OptionError(
                    f"the name of a model must be letters, digits, '_', '-' and '.'; got {name!r}: give NAME=FILE"
                )
        for name in self.indexes:
            self._check_known(name, "an index")
        for space in self.spaces:
            if len(space) < 2 or len(set(space)) < len(space):
                raise OptionError(f"a space must name two models or more, each once; got {','.join(space)!r}")
            for name in space:
                self._check_known(name, "a space")

    def _check_known(self, name: str, what: str) -> None:
        if name not in self.models:
            raise OptionError(f"{what} must be of a model that is served, {', '.join(self.models)}; got {name!r}")


def named_paths(words: Iterable[str]) -> dict[str, str]:
    """Paths by name, of words NAME=FILE or FILE, whose name is that of the file without its suffix.

    >>> named_paths(["en=a/wiki.safetensors", "b/wiki.de.safetensors"])
    {'en': 'a/wiki.safetensors', 'wiki.de': 'b/wiki.de.safetensors'}
    """
    paths: dict[str, str] = {}
    for word in words:
        name, path = _name_and_path(word)
        _add(paths, name or PurePath(path).stem, path)
    return paths


def named_models(words: Iterable[str]) -> tuple[dict[str, str], tuple[tuple[str, ...], ...]]:
    """(paths by name, spaces) of the same words, where a folder of slices is all of its slices, in one space.

    The models have the names of the slices; of NAME=FOLDER, `NAME.slice`. Characters that the name of a model cannot
    have become `_`, with a warning that says so.
    """
    paths: dict[str, str] = {}
    spaces: list[tuple[str, ...]] = []
    for word in words:
        name, path = _name_and_path(word)
        if not is_slices(path):
            _add(paths, name or PurePath(path).stem, path)
            continue
        named = {f"{name}.{own}" if name else own: file for own, file in listing(path).slices.items()}
        slices = dict(zip(_model_names(list(named)), named.values(), strict=True))
        for own, file in slices.items():
            _add(paths, own, file)
        spaces += [tuple(slices)] if len(slices) > 1 else []
    return paths, tuple(spaces)


def _name_and_path(word: str) -> tuple[str, str]:
    """NAME and FILE of NAME=FILE; no name where a file is called so."""
    name, equals, path = word.partition("=")
    return ("", word) if not equals or os.path.exists(word) else (name, path)


def _is_name(name: str) -> bool:
    """Whether a model may have this name, which stands in addresses."""
    return bool(_NAME.fullmatch(name) and name.strip("."))


def _model_names(slices: Sequence[str]) -> list[str]:
    """Names of models for slices of any name; one that is taken gets a number."""
    taken = set(slices)
    names = []
    for name in slices:
        stem = free = name if _is_name(name) else re.sub(r"[^\w.-]", "_", name)[:90]
        number = 1
        while not _is_name(free) or (free != name and free in taken):
            number += 1
            free = f"{stem}_{number}"
        if free != name:
            warn(f"the name of a model must be letters, digits, '_', '-' and '.': slice {name!r} is served as {free!r}")
        taken.add(free)
        names.append(free)
    return names


def _add(paths: dict[str, str], name: str, path: str) -> None:
    if name in paths:
        raise OptionError(f"the name of a model must be given once; {name!r} is given twice: give NAME=FILE")
    paths[name] = path


def is_loopback(host: str) -> bool:
    """Whether an address is one of this machine alone.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def hosts_of(host: str) -> tuple[str, ...] | None:
    """The names that requests may call the server by: those of the loopback where it listens there, else any (None).

    A page in a browser may ask for a name of its own that leads to 127.0.0.1 (DNS rebinding); such a request has
    that name as its host.
    """
    return tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", host))) if is_loopback(host) else None
