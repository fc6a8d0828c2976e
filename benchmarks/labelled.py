"""Labelled texts of the benchmarks: TREC and SUBJ of a folder of test sets, and any others from their files."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Labelled = tuple[list[str], NDArray[np.intp], list[str]]  # texts in lower case, the number of the class of each, names


def labelled(data: Path, name: str) -> Labelled:
    """The texts of TREC or SUBJ."""
    folder = data / "texts" / name
    if name == "TREC":
        lines = (folder / "train_5500.label").read_text("latin-1").rstrip("\n").split("\n")
        return _numbered([line.split(" ", 1)[1] for line in lines], [line.split(":")[0] for line in lines])
    parts = ("subj.subjective", "subj.objective")
    of = {part: (folder / part).read_text("utf-8", "replace").rstrip("\n").split("\n") for part in parts}
    pairs = [(line, part) for part in parts for line in of[part] if line.strip()]
    return _numbered([text for text, _ in pairs], [name for _, name in pairs])


def labelled_texts(path: Path) -> Labelled:
    """The texts at a path, as letters and digits.

    It is a folder whose files lie in folders named by their labels, as 20 Newsgroups, or a table of comma-separated
    values whose first column is the label, and whose others are the text, as AG's news.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        texts, names = [file.read_text("latin-1") for file in files], [file.parent.name for file in files]
    else:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        texts, names = [" ".join(row[1:]).replace("\\", " ") for row in rows], [row[0] for row in rows]
    return _numbered([" ".join(re.findall(r"[^\W_]+", text)) for text in texts], names)


def _numbered(texts: list[str], names: list[str]) -> Labelled:
    classes, labels = np.unique(names, return_inverse=True)
    return [text.lower() for text in texts], labels, classes.tolist()
