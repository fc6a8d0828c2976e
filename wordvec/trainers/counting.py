"""The base class of trainers that learn from co-occurrence counts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from wordvec.base.errors import OptionError
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.counter import counted
from wordvec.cooccurrence.kept import Kept
from wordvec.corpus import EncodedCorpus
from wordvec.optim.checkpoints import Checkpoints
from wordvec.trainers.base import FitOptions, WordTrainer, fingerprint_of_bytes
from wordvec.vectors import KeyedVectors


@dataclass(frozen=True, kw_only=True)
class CountTrainer(Counting, WordTrainer):
    """A trainer that learns from co-occurrence counts; `fit` also takes a `Cooccurrence`."""

    takes: ClassVar[tuple[type, ...]] = (EncodedCorpus, Cooccurrence)

    def _fit(self, corpus: EncodedCorpus | Cooccurrence, options: FitOptions) -> KeyedVectors:
        if isinstance(corpus, Cooccurrence):
            return self._factorise(corpus.check(), options)
        counts = counted(corpus, self, progress=options.progress, kept=kept_by(options.checkpoints))
        return self._factorise(counts, options)

    def identity(self, corpus: EncodedCorpus | Cooccurrence, options: FitOptions) -> dict[str, Any]:
        """As of every trainer; of given counts also a digest. OptionError where there is nothing to keep."""
        if not isinstance(corpus, Cooccurrence):
            return super().identity(corpus, options)
        if not self.iterative:
            raise OptionError(
                f"checkpoint serves models that learn in steps, or the counting of a text; {self.name} is computed "
                "from these counts at once: leave it out"
            )
        arrays = (corpus.vocabulary.data, corpus.indptr, corpus.indices, corpus.data)
        return super().identity(corpus, options) | {"counts": fingerprint_of_bytes(*arrays)}

    @abstractmethod
    def _factorise(self, counts: Cooccurrence, options: FitOptions) -> KeyedVectors:
        """Train on counts; `counts.stats` may be None, as in counts of another program."""


def kept_by(checkpoints: Checkpoints | None) -> Kept | None:
    """The counts in the folder of a run's checkpoints."""
    if checkpoints is None:
        return None
    checkpoints.is_used = True
    return Kept(checkpoints.settings, checkpoints.identity)
