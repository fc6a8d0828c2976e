"""What every trainer has: its options, and `fit`, from any corpus to KeyedVectors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from wordvec.cooccurrence import Cooccurrence
from wordvec.cooccurrence.files import is_counts
from wordvec.corpus import EncodedCorpus, encode
from wordvec.corpus.options import CorpusOptions
from wordvec.errors import OptionError
from wordvec.keyed_vectors import KeyedVectors
from wordvec.options import option
from wordvec.trainers.sgd import Callback


@dataclass(frozen=True, kw_only=True)
class Trainer(CorpusOptions, ABC):
    """Options that all trainers share; a subclass adds its own and, in `_fit`, how vectors come from a corpus."""

    vector_size: int = option(100, "numbers in a vector", low=1, high=65536)

    name: ClassVar[str]
    iterative: ClassVar[bool] = True  # learns in epochs: takes `init`, and calls back after each
    random: ClassVar[bool] = True  # the seed counts
    inverts: ClassVar[bool] = True  # rows can be found for any vectors that `init` gives
    shares_rows: ClassVar[bool] = False  # threads update the same rows: the same bytes with one worker only
    takes: ClassVar[tuple[type, ...]] = (EncodedCorpus,)  # what `_fit` needs; `fit` makes the first of them

    @property
    def composes(self) -> str | None:
        """The kind of subwords that the vectors have, which compose others; None where they have none."""
        return None

    def fit(
        self,
        corpus: Any,
        *,
        init: KeyedVectors | None = None,
        keep_context: bool = False,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | Path | None = None,
    ) -> KeyedVectors:
        """Train on a corpus; the vectors, float32 [words, vector_size], words by falling count.

        `corpus` is whatever `wordvec.encode` takes, or what it returned; models that learn from counts take a
        `Cooccurrence`, or the file of one, as well. `init` gives starting vectors for the words
        that it knows. `keep_context` keeps the output matrix as `vectors.context`. Each of `callbacks` is called with
        an `Epoch` after every epoch; one that returns True ends training. `progress` shows a bar on stderr.

        Raises CorpusError for a corpus that cannot be read or leaves no words, OptionError for an `init` that does
        not fit, TrainingError when training diverges.

        >>> from wordvec import SkipGram
        >>> vectors = SkipGram(vector_size=8, min_count=1, workers=1).fit([["a", "b"], ["b", "c"]] * 10)
        >>> vectors.vectors.shape
        (3, 8)
        """
        init = unshared(init)
        self._check(init, keep_context)
        told = [callbacks] if callable(callbacks) else list(callbacks)
        if is_counts(corpus):
            corpus = Cooccurrence.load(corpus)
        if isinstance(corpus, Cooccurrence) and Cooccurrence not in self.takes:
            raise OptionError(f"corpus must be a text for {self.name}, which does not learn from counts; got counts")
        if isinstance(corpus, self.takes):
            if tokenizer is not None or cache is not None:
                raise OptionError("tokenizer and cache serve the reading of a corpus; this one is encoded already")
            ready = corpus
        else:
            ready = encode(corpus, tokenizer=tokenizer, cache=cache, progress=progress, **self.reading())
        return self._fit(ready, init=init, keep_context=keep_context, callbacks=told, progress=progress)

    def _check(self, init: KeyedVectors | None, keep_context: bool) -> None:
        """Raise, before any work, what does not fit together."""
        if init is None:
            return
        if not isinstance(init, KeyedVectors):
            raise OptionError(f"init must be KeyedVectors; got {type(init).__name__}: use wordvec.load for a file")
        if not self.iterative:
            raise OptionError(f"init serves models that learn in steps; {self.name} is computed: leave it out")
        if init.vector_size != self.vector_size:
            raise OptionError(
                f"init must have vectors of vector_size {self.vector_size}; got {init.vector_size}; "
                f"train with vector_size={init.vector_size}"
            )
        if init.context is not None and init.context.shape != init.vectors.shape:
            raise OptionError(f"the context of init must be of shape {init.vectors.shape}; got {init.context.shape}")

    def metadata(self, corpus: EncodedCorpus | Cooccurrence) -> dict[str, Any]:
        """What the vectors remember of their making: nothing that differs between two runs of the same training."""
        from wordvec import __version__

        tokens = {} if corpus.stats is None else asdict(corpus.stats)
        return {
            "trainer": self.name,
            "options": self.recorded() | dict(corpus.options),
            "library": f"wordvec {__version__}",
            "corpus": {"fingerprint": corpus.fingerprint, **tokens},
        }

    @abstractmethod
    def _fit(
        self,
        corpus: Any,
        *,
        init: KeyedVectors | None,
        keep_context: bool,
        callbacks: Iterable[Callback],
        progress: bool,
    ) -> KeyedVectors:
        """Vectors from what the trainer takes."""


def unshared(init: Any) -> Any:
    """The vectors to start from, each word with a row of its own, which it has not in all of them (`prune`)."""
    shared = isinstance(init, KeyedVectors) and init.rows is not None
    return init.subset(rows=slice(None)) if shared else init
