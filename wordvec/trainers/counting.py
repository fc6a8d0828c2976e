"""The base class of trainers that learn from co-occurrence counts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.counter import counted
from wordvec.corpus import EncodedCorpus
from wordvec.optim.callbacks import Callbacks
from wordvec.trainers.base import Init, WordTrainer
from wordvec.vectors import KeyedVectors


@dataclass(frozen=True, kw_only=True)
class CountTrainer(Counting, WordTrainer):
    """A trainer that learns from co-occurrence counts; `fit` also takes a `Cooccurrence`."""

    takes: ClassVar[tuple[type, ...]] = (EncodedCorpus, Cooccurrence)

    def _fit(
        self,
        corpus: EncodedCorpus | Cooccurrence,
        *,
        init: KeyedVectors | None,
        keep_context: bool,
        callbacks: Callbacks,
        progress: bool,
    ) -> KeyedVectors:
        counts = corpus.check() if isinstance(corpus, Cooccurrence) else counted(corpus, self, progress=progress)
        return self._factorise(counts, init=init, keep_context=keep_context, callbacks=callbacks, progress=progress)

    @abstractmethod
    def _factorise(
        self, counts: Cooccurrence, *, init: Init, keep_context: bool, callbacks: Callbacks, progress: bool
    ) -> KeyedVectors:
        """Train on counts; `counts.stats` may be None, as in counts of another program."""
