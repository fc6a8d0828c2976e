"""Outlier detection: which word of a group does not belong to it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from wordvec.base.errors import CorpusError, FormatError
from wordvec.evaluate.files import every_line, lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset

Group = tuple[str, tuple[str, ...], tuple[str, ...]]  # name, its words, outliers

_LIST = re.compile(r"\[(.*?)\]")
_QUOTED = re.compile(r"'([^']*)'|\"\"([^\"]*)\"\"|\"([^\"]*)\"")
_SEEN = 3  # files of a folder that are looked into


class Outliers(Task):
    """8-8-8 and WikiSem500: files of words, a blank line, and outliers; or a table of lists of both."""

    name = "outliers"
    suites = ("core",)
    does = "share of groups whose outlier is found, and its mean position"

    def recognise(self, place: Place) -> bool:
        """A folder of such files, or a table with the columns `outliers` and `words`."""
        if place.is_folder:
            files = sorted(place.path.glob("*.txt"))
            return len(files) > 1 and all(_group(path) is not None for path in files[:_SEEN])
        return bool(place.head) and {"outliers", "words"} <= set(re.split("[,\t]", place.head[0].lower()))

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The groups: name, words, outliers."""
        where = Path(path)
        if where.is_dir():
            made = [(str(file.name), _group(file)) for file in sorted(where.glob("*.txt"))]
        else:
            made = [(line, _of_lists(line)) for place, line in enumerate(lines(where)) if place]
        groups = [group for _, group in made if group is not None]
        unreadable = [line for line, group in made if group is None]
        return dataset(self.name, path, groups, unreadable, "a group must have words and outliers")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Accuracy and OPP (Camacho-Collados and Navigli 2016) over groups with one outlier each.

        Words of a group without a vector are left out of it if the policy skips them; two must stay.
        """
        positions: list[float] = []
        found: list[bool] = []
        items: list[int] = []
        of_group: list[int] = []
        item = known = 0
        for number, (_, members, outliers) in enumerate(words.policy.counted(dataset.items)):
            places = words.numbers(members)
            others = words.numbers(outliers)
            complete = bool(words.is_known(places).all())
            known += int(words.is_known(others).sum()) if complete else 0
            own = places[places >= 0]
            if len(own) > 1:
                units, strangers = words.units(own), words.units(others[others >= 0])
                # The word without which the others are nearest to each other is the one with the lowest sum of cosines.
                inside = units @ units.T
                sums = inside.sum(axis=1) - inside.diagonal()
                cosines = strangers @ units.T
                above = (sums + cosines > cosines.sum(axis=1, keepdims=True)).sum(axis=1)
                positions += (above / len(own)).tolist()
                found += (above == len(own)).tolist()
                items += (item + np.flatnonzero(others >= 0)).tolist()
                of_group += [number] * len(strangers)
            item += len(outliers)
        numbers, groups = np.array(items, np.int64), np.array(of_group, np.int64)
        return [
            of_items("accuracy", "mean", item, numbers, np.array(found), groups=groups, known=known, headline=True),
            of_items("opp", "mean", item, numbers, np.array(positions), groups=groups, known=known),
        ]


def _group(path: Path) -> Group | None:
    """The words and outliers of a file: single entries, a blank line, more of them; None where it is no such file."""
    parts: list[list[str]] = [[]]
    try:
        for line in every_line(path):
            entry = line.strip()
            if not entry and parts[-1]:
                parts.append([])
            elif entry:
                parts[-1].append(entry)
    except (FormatError, CorpusError, OSError):
        return None
    parts = [part for part in parts if part]
    if len(parts) != 2 or any("\t" in entry or " " in entry for part in parts for entry in part):
        return None
    return path.name.removesuffix(".txt"), tuple(parts[0]), tuple(parts[1])


def _of_lists(line: str) -> Group | None:
    """The group of a line with two lists in brackets, the outliers first; None where it has other ones."""
    found = [["".join(parts) for parts in _QUOTED.findall(some)] for some in _LIST.findall(line)]
    if len(found) != 2:
        return None
    outliers, members = ([entry for entry in some if entry] for some in found)
    if not outliers or not members:
        return None
    cells = [cell for cell in line[: line.index("[")].strip(' ",').split(",") if cell]
    return cells[-1] if cells else "", tuple(members), tuple(outliers)
