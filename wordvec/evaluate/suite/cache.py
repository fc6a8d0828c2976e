"""A folder of outcomes by what they depend on: vectors, items, policy, seed, version, and the text that is read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from wordvec.base.digests import digest_of
from wordvec.base.version import __version__
from wordvec.evaluate.policy import Policy
from wordvec.evaluate.results import Outcome
from wordvec.outputs import open_output


class Cache:
    """Outcomes in a folder, or nowhere where it is None."""

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        self._folder = None if folder is None else Path(folder)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)

    def key(self, vectors: str, data: str, policy: Policy, seed: int, corpus: str = "") -> str:
        """The name of what these outcomes depend on."""
        facts = json.dumps([vectors, data, asdict(policy), seed, __version__, corpus], sort_keys=True)
        return digest_of(facts)

    def get(self, key: str) -> list[Outcome] | None:
        """The outcomes of that name; None where there are none, or their file is damaged."""
        if self._folder is None:
            return None
        try:
            content = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
            return [Outcome.from_dict(values) for values in content]
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def put(self, key: str, outcomes: list[Outcome]) -> None:
        """Remember outcomes."""
        if self._folder is not None:
            with open_output(self._folder / f"{key}.json") as stream:
                stream.write(json.dumps([outcome.to_dict() for outcome in outcomes]).encode())
