"""The folder of a sweep: what all trials in it share, a file for each trial, and the vectors that are kept."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from wordvec.base.digests import digest_of
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.evaluate.sweeps.results import Trial
from wordvec.evaluate.sweeps.settings import shown
from wordvec.outputs import open_output
from wordvec.outputs.targets import output_error
from wordvec.store.checkpoints import check_same, identified
from wordvec.trainers import WordTrainer
from wordvec.vectors import KeyedVectors

_STATE = "sweep.json"
_RULE = "a sweep must have the same corpus, options, tests and version to go on"
_ODD = re.compile(r"[^\w.+-]+")
_LONGEST = 100  # characters of the options in a file name


class SweepFolder:
    """The trials of a sweep on disk, so that a second call goes on; without a folder they are kept in memory."""

    def __init__(self, folder: str | os.PathLike[str] | None, identity: Mapping[str, Any], keep: str) -> None:
        self.path = None if folder is None else Path(folder)
        self.keep = keep
        self._identity = identified(identity)
        self._corpus: dict[str, Any] = {}
        self._memory: dict[str, Trial] = {}
        if self.path is None:
            return
        try:
            for part in ("trials", "vectors") if keep != "none" else ("trials",):
                (self.path / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(error, str(self.path)) from error
        saved = self._read(self.path / _STATE)
        if saved is not None:
            self._check(saved.get("identity"), self._identity)
            self._corpus = dict(saved.get("corpus", {}))
        elif any((self.path / "trials").glob("*.json")):
            raise OptionError(f"{self.path} must be the folder of one sweep; its {_STATE} is missing or damaged")
        self._write_state()

    @property
    def keeps_best(self) -> bool:
        """Whether the vectors of the best setting are kept, and no others."""
        return self.path is not None and self.keep == "best"

    @property
    def corpus(self) -> dict[str, Any]:
        """The tokens that were read, and the fingerprint of each encoded text."""
        return dict(self._corpus)

    def check_corpus(self, facts: Mapping[str, Any]) -> None:
        """OptionError where the corpus is another than that of the trials in the folder; else it is noted."""
        self._check({name: self._corpus[name] for name in facts if name in self._corpus}, facts, known_only=True)
        if any(name not in self._corpus for name in facts):
            self._corpus |= facts
            self._write_state()

    def get(self, trainer: WordTrainer, options: Mapping[str, Any]) -> Trial | None:
        """The trial of a trainer; None where there is none, or its file is damaged. `options` are those that vary."""
        if self.path is None:
            return self._memory.get(_key(trainer, options))
        content = self._read(self._trial(trainer, options))
        if content is None:
            return None
        try:
            trial = replace(Trial.from_dict(content), options=dict(options))
        except FormatError as error:
            warn(f"a trial is damaged and made again: {error}")
            return None
        file = None if trial.vectors is None else self.path / "vectors" / os.path.basename(trial.vectors)
        is_kept = file is not None and file.is_file()
        if self.keep == "all" and not is_kept and trial.value is not None:
            return None
        return replace(trial, vectors=str(file) if is_kept else None)

    def put(self, trainer: WordTrainer, trial: Trial) -> None:
        """Keep a trial."""
        if self.path is None:
            self._memory[_key(trainer, trial.options)] = trial
        else:
            self._write(self._trial(trainer, trial.options), trial.to_dict())

    def save(self, trainer: WordTrainer, options: Mapping[str, Any], vectors: KeyedVectors) -> str | None:
        """Keep the vectors of a trial, if any are kept; the file."""
        if self.path is None or self.keep == "none":
            return None
        from wordvec.formats import save

        name = _ODD.sub("-", f"{shown(options)} seed={trainer.seed}".replace("=", "-").replace(" ", "_"))
        file = self.path / "vectors" / f"{name[:_LONGEST]}_{_key(trainer, options)[:8]}.safetensors"
        save(vectors, file)
        return str(file)

    def keep_only(self, best: Sequence[Trial], trials: Sequence[Trial]) -> None:
        """Remove the vectors of all of these trials but the best, where only those are kept."""
        if not self.keeps_best:
            return
        kept = {trial.vectors for trial in best}
        for trial in trials:
            if trial.vectors is not None and trial.vectors not in kept:
                with suppress(OSError):
                    os.unlink(trial.vectors)

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Write one more JSON file to the folder."""
        if self.path is not None:
            self._write(self.path / name, content)

    def _trial(self, trainer: WordTrainer, options: Mapping[str, Any]) -> Path:
        assert self.path is not None
        return self.path / "trials" / f"{_key(trainer, options)}.json"

    def _check(self, saved: Any, present: Mapping[str, Any], known_only: bool = False) -> None:
        assert self.path is not None or known_only
        if self.path is not None:
            present = {name: value for name, value in present.items() if not known_only or name in saved}
            check_same(saved, present, self.path, _RULE)

    def _write_state(self) -> None:
        if self.path is not None:
            self._write(self.path / _STATE, {"identity": self._identity, "corpus": self._corpus})

    @staticmethod
    def _write(path: Path, content: Mapping[str, Any]) -> None:
        with open_output(path) as stream:
            stream.write(json.dumps(content, indent=1).encode())

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        """The content of a file of JSON; None where there is none, or it is damaged."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return content if isinstance(content, dict) else None


def _key(trainer: WordTrainer, options: Mapping[str, Any]) -> str:
    """The name of a trial: a hash of the model, its options that results depend on, and those that vary."""
    facts = json.dumps([trainer.name, {**trainer.recorded(), **options}], sort_keys=True)
    return digest_of(facts)
