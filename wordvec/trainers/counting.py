"""The base class of trainers that learn from co-occurrence counts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.counter import counted
from wordvec.corpus import EncodedCorpus
from wordvec.trainers.base import FitOptions, WordTrainer
from wordvec.vectors import KeyedVectors


@dataclass(frozen=True, kw_only=True)
class CountTrainer(Counting, WordTrainer):
    """A trainer that learns from co-occurrence counts; `fit` also takes a `Cooccurrence`."""

    takes: ClassVar[tuple[type, ...]] = (EncodedCorpus, Cooccurrence)

    def _fit(self, corpus: EncodedCorpus | Cooccurrence, options: FitOptions) -> KeyedVectors:
        if isinstance(corpus, Cooccurrence):
            return self._factorise(corpus.check(), options)
        return self._factorise(counted(corpus, self, progress=options.progress), options)

    @abstractmethod
    def _factorise(self, counts: Cooccurrence, options: FitOptions) -> KeyedVectors:
        """Train on counts; `counts.stats` may be None, as in counts of another program."""
