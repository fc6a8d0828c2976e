"""The corpus of a sweep: encoded once for all settings that read it in the same way, and counted once for models of
counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from wordvec.base.errors import OptionError
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.counter import counted
from wordvec.corpus import EncodedCorpus
from wordvec.inputs import is_stream
from wordvec.trainers import WordTrainer

_TEXTS, _COUNTS = 4, 2  # how many are held at a time, the latest used


class Corpora:
    """What trainers learn from, made when it is first asked for; the latest are held, on disk where they are large."""

    def __init__(
        self,
        corpus: Any,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: Any = None,
        progress: bool = False,
    ) -> None:
        self._corpus, self._tokenizer, self._cache, self._progress = corpus, tokenizer, cache, progress
        self._texts: dict[str, EncodedCorpus | Cooccurrence] = {}
        self._counts: dict[str, Cooccurrence] = {}

    def check(self, trainers: Sequence[WordTrainer], varied: Sequence[str]) -> None:
        """OptionError where the corpus cannot serve all trainers: it can be read once only, or is read already."""
        several = len({reading_of(trainer) for trainer in trainers}) > 1
        once = (isinstance(self._corpus, str) and is_stream(self._corpus)) or hasattr(self._corpus, "__next__")
        if several and once:
            raise OptionError(
                "the corpus must be one that can be read several times, such as files or a list, where settings differ "
                "in min_count, max_vocab or lowercase"
            )
        reads = set(trainers[0].reading()) - {"workers"} if isinstance(self._corpus, EncodedCorpus) else set()
        if isinstance(self._corpus, Cooccurrence):
            reads = {f.name for f in fields(Counting) if f.name not in ("seed", "workers", "memory")}
        if fixed := sorted(reads & set(varied)):
            raise OptionError(
                f"{', '.join(fixed)} must not be varied where the corpus is encoded or counted already: give the text"
            )

    def of(self, trainer: WordTrainer) -> EncodedCorpus | Cooccurrence:
        """The encoded corpus, or for a model of counts the counts, that a trainer learns from."""
        text = self.text(trainer)
        if isinstance(text, Cooccurrence) or not isinstance(trainer, Counting):
            return text
        key = json.dumps([reading_of(trainer), _counting(trainer)])
        counts: Cooccurrence = _latest(
            self._counts, key, _COUNTS, lambda: counted(text, trainer, progress=self._progress)
        )
        return replace(counts, options={**counts.options, "seed": trainer.seed})

    def text(self, trainer: WordTrainer) -> EncodedCorpus | Cooccurrence:
        """The encoded corpus of a trainer; counts, where those were given."""

        def read() -> EncodedCorpus | Cooccurrence:
            if isinstance(self._corpus, (EncodedCorpus, Cooccurrence)):
                return self._corpus
            how: dict[str, Any] = {"tokenizer": self._tokenizer, "cache": self._cache, "progress": self._progress}
            ready: EncodedCorpus | Cooccurrence = trainer.ready(self._corpus, **how)
            return ready

        text: EncodedCorpus | Cooccurrence = _latest(self._texts, reading_of(trainer), _TEXTS, read)
        return text


def reading_of(trainer: WordTrainer) -> str:
    """The options by which a trainer reads a corpus, as one name."""
    return json.dumps({name: value for name, value in trainer.reading().items() if name != "workers"})


def order_of(trainer: WordTrainer) -> tuple[str, str]:
    """What puts settings that share an encoded corpus, and counts, beside each other."""
    return reading_of(trainer), json.dumps(_counting(trainer)) if isinstance(trainer, Counting) else ""


def _counting(trainer: Counting) -> dict[str, Any]:
    """The options that counts depend on; the seed only where tokens are dropped at random."""
    names = {f.name for f in fields(Counting) if not f.metadata["resource"]}
    is_random = trainer.subsample == "sampled" and trainer.sample > 0
    return {name: getattr(trainer, name) for name in sorted(names - (set() if is_random else {"seed"}))}


def _latest(held: dict[str, Any], key: str, most: int, make: Callable[[], Any]) -> Any:
    """The value of a key, made where it is missing; the longest unused ones are let go."""
    value = held.pop(key, None)
    while len(held) >= most:
        del held[next(iter(held))]
    held[key] = make() if value is None else value
    return held[key]
