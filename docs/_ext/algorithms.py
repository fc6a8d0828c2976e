"""The column of files in docs/algorithms.md: `python docs/_ext/algorithms.py` writes it from the names beside it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "algorithms.md"
ROOT = PAGE.parent.parent
ROW = re.compile(r"^(\| .* \| `(wordvec[\w.]*)` \|)[^|]*(\| [^|]* \|)$", re.MULTILINE)


def resolve(path: str) -> Any:
    """The object of a dotted path: modules first, then attributes or keys of a table."""
    value: Any = import_module("wordvec")
    name = "wordvec"
    for part in path.split(".")[1:]:
        if inspect.ismodule(value) and not hasattr(value, part):
            value = import_module(f"{name}.{part}")
        else:
            value = value[part] if isinstance(value, Mapping) else getattr(value, part)
        name = f"{name}.{part}"
    return value


def file_of(path: str) -> str:
    """The file in which an object is defined, below the root of the project."""
    source = inspect.getsourcefile(inspect.unwrap(resolve(path)))
    assert source is not None
    package = Path(import_module("wordvec").__file__ or "").parent
    return (Path("wordvec") / Path(source).relative_to(package)).as_posix()


def with_files(text: str) -> str:
    """The page with the column of files as it must be."""
    return ROW.sub(lambda row: f"{row[1]} `{file_of(row[2])}` {row[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(with_files(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
