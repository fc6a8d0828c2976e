"""gensim.downloader, which wordvec does not have: it downloads only URLs that the user passes."""

from __future__ import annotations

from typing import Any

from wordvec.gensim.errors import NotDone

_WHY = (
    "wordvec downloads no data by name: fetch the file from where its makers offer it, and open it with "
    "wordvec.load(path), which reads word2vec, GloVe, fastText and gensim's own files"
)


def load(name: str, return_path: bool = False) -> Any:
    """NotDone: fetch the file, and open it with `wordvec.load`."""
    raise NotDone(f"{name!r} cannot be loaded by name: {_WHY}")


def info(name: str | None = None, **options: Any) -> Any:
    """NotDone: there is no catalogue."""
    raise NotDone(f"there is no catalogue: {_WHY}")
