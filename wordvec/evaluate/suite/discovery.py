"""Test sets under folders of data, recognised by their content, and the tasks of a suite for which none is found."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wordvec.base.errors import FormatError, LibraryError, OptionError, WordvecError
from wordvec.evaluate.policy import Policy, policy_of
from wordvec.evaluate.tasks import TASKS, Dataset, Place, Task

SUITES = ("core", "relations", "senses", "languages", "texts", "probes", "bias", "fewshot", "all")
_PATHS = ("data", "corpus")
_OPTIONS = ("policy", "oov", "encoder", "regimes")  # of a suite of one's own
_LARGEST = 64 << 20  # bytes of a file that may be a test set


@dataclass(frozen=True)
class Found:
    """What was found: sets in the order of their tasks, tasks without one, and files that could not be read."""

    sets: tuple[tuple[Task, Dataset], ...] = ()
    missing: tuple[str, ...] = ()  # names of tasks
    refused: tuple[str, ...] = ()  # messages


@dataclass(frozen=True)
class Suite:
    """The tasks of a suite, and what a file of one's own says beside them."""

    name: str
    tasks: tuple[Task, ...]
    data: tuple[Path, ...] = ()
    corpus: tuple[Path, ...] = ()  # files of text from which tasks learn
    options: dict[str, Any] = field(default_factory=dict)  # those of _OPTIONS

    @property
    def text(self) -> list[str] | None:
        """The corpus as it is read; None where there is none."""
        return list(map(str, self.corpus)) or None

    def policy(self, name: str | None = None) -> Policy:
        """The policy of that name, or else the one of the suite, with the changes that the suite makes."""
        changes = {key: value for key, value in self.options.items() if key != "policy"}
        return policy_of(name or self.options.get("policy", "default")).with_options(**changes)


def suite_of(name: str) -> Suite:
    """The suite of that name, or that of a TOML file.

    The file may have `tasks` (all if left out), `data` and `corpus` (paths, which are relative to the file), `policy`
    and changes of it. FormatError for anything else.
    """
    if name in SUITES:
        chosen = tuple(task for task in TASKS.values() if name == "all" or name in task.suites)
        if not chosen:
            raise OptionError(f"the suite {name} has no task yet; give one of {', '.join(_with_tasks())}")
        return Suite(name, chosen)
    if not name.endswith(".toml"):
        raise OptionError(f"suite must be one of {', '.join(SUITES)}, or a TOML file; got {name!r}")
    content = _toml(name)
    unknown = sorted(set(content) - {"tasks", *_PATHS, *_OPTIONS})
    names = content.get("tasks", list(TASKS))
    bad = [one for one in names if one not in TASKS] if isinstance(names, list) else [names]
    if unknown or bad:
        raise FormatError(
            f"{name}: a suite must have tasks (of {', '.join(TASKS)}), {', '.join((*_PATHS, *_OPTIONS))}; got "
            f"{', '.join(map(repr, unknown + bad))}"
        )
    options: dict[str, Any] = {key: content[key] for key in _OPTIONS if key in content}
    data, corpus = (_paths(name, key, content.get(key, [])) for key in _PATHS)
    return Suite(Path(name).stem, tuple(TASKS[one] for one in names), data, corpus, options)


def _paths(file: str, key: str, value: Any) -> tuple[Path, ...]:
    """One path or several of a suite of one's own, from its folder on."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise FormatError(f"{file}: {key} must be a path or a list of paths; got {value!r:.60}")
    return tuple(Path(file).parent / one for one in listed)


def find(tasks: Iterable[Task], paths: Iterable[str | os.PathLike[str]]) -> Found:
    """The sets of some tasks in files and below folders; each file is of the first task that recognises it.

    A folder that is a set as a whole, such as BATS, is not looked into. A task for which nothing is found may make a
    set of those of others, as EvalRank does. OptionError for a path that does not exist.
    """
    wanted = tuple(tasks)
    taken: list[tuple[Task, Path]] = []
    refused: list[str] = []
    for path in paths:
        if not os.path.exists(path):
            raise OptionError(f"test data must exist; there is no {os.fspath(path)}")
        _look(wanted, Path(path), taken)
    sets: list[tuple[Task, Dataset]] = []
    for task, path in sorted(dict.fromkeys(taken), key=lambda one: (wanted.index(one[0]), one[1])):
        try:
            sets.append((task, task.read(path)))
        except (WordvecError, OSError) as error:
            refused.append(str(error))
    distinct = _distinct(sets, refused)
    found = {task.name for task, _ in sets}
    for task in (task for task in wanted if task.name not in found):
        if (made := task.derived([dataset for _, dataset in distinct])) is not None:
            distinct.append((task, made))
    distinct.sort(key=lambda one: wanted.index(one[0]))
    found = {task.name for task, _ in distinct}
    return Found(tuple(distinct), tuple(task.name for task in wanted if task.name not in found), tuple(refused))


def _distinct(sets: Sequence[tuple[Task, Dataset]], refused: list[str]) -> list[tuple[Task, Dataset]]:
    """Sets with the same items once; `refused` says which are left out."""
    first: dict[str, tuple[Task, Dataset]] = {}
    for task, dataset in sets:
        known = first.setdefault(dataset.fingerprint, (task, dataset))[1]
        if known is not dataset:
            refused.append(f"{dataset.name}: its items are those of {known.name}")
    return list(first.values())


def _look(tasks: Sequence[Task], path: Path, taken: list[tuple[Task, Path]]) -> None:
    is_folder = path.is_dir()
    if not is_folder and (not path.is_file() or path.stat().st_size > _LARGEST):
        return
    place = Place.at(path)
    # All tasks are asked, not only the wanted ones: a set of another kind is not taken for one of these.
    task = next((task for task in TASKS.values() if task.recognise(place)), None)
    if task is not None:
        if task in tasks:
            taken.append((task, path))
    elif is_folder:
        for inner in sorted(path.iterdir()):
            is_above = inner.is_symlink() and path.resolve().is_relative_to(inner.resolve())  # it would never end
            if not inner.name.startswith(".") and not is_above:
                _look(tasks, inner, taken)


def _with_tasks() -> list[str]:
    return [name for name in SUITES if name == "all" or any(name in task.suites for task in TASKS.values())]


def _toml(path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError:
            raise LibraryError("a suite in TOML needs Python 3.11, or tomli: pip install tomli") from None
    try:
        with open(path, "rb") as stream:
            return tomllib.load(stream)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: a suite must be TOML; {error}") from None
