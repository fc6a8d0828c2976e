"""The base classes of trainers: shared options, and `fit` from a corpus to vectors of words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_cosine
from wordvec.base.digests import digest_of
from wordvec.base.errors import OptionError
from wordvec.base.logs import LOG, warn
from wordvec.base.options import Options, option
from wordvec.base.threads import Threaded
from wordvec.base.version import __version__
from wordvec.cooccurrence import Cooccurrence
from wordvec.cooccurrence.files import is_counts
from wordvec.cooccurrence.parts import is_parts
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.options import CorpusOptions
from wordvec.corpus.report import expected, in_words, warn_of_little
from wordvec.optim.callbacks import Callback, listed
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.optim.descent import put
from wordvec.rows.norms import float_blocks
from wordvec.trainers.estimator import Scorable
from wordvec.trainers.growth import (
    Growth,
    carried,
    frozen_mask,
    growth_of,
    neighbours_kept,
    occurring,
    regrown,
    starting_vectors,
)
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

Vectors = TypeVar("Vectors", bound=KeyedVectors)


@dataclass(frozen=True)
class FitOptions:
    """The arguments of `fit` beside the corpus and how it is read."""

    init: KeyedVectors | None = None  # starting vectors, with a row for each word
    keep_context: bool = False  # keep the output matrix as `vectors.context`
    callbacks: tuple[Callback, ...] = ()  # called after each epoch
    progress: bool = False  # show a bar
    frozen: NDArray[np.bool_] | None = (
        None  # [words of init] whose vectors training does not change; None: it changes all
    )
    checkpoints: Checkpoints | None = None  # of this run
    cluster: Any = None  # what trains the replicas: `wordvec.distributed.fit` gives it; None: threads of this process
    starts: KeyedVectors | None = None  # starting vectors of words that `init` does not have

    @property
    def sources(self) -> list[KeyedVectors]:
        """The vectors that words start from; no word is in two of them."""
        return [source for source in (self.init, self.starts) if source is not None]

    def place(self, matrix: NDArray[np.float32], words: Vocabulary) -> None:
        """Copy the starting vectors of words to their rows of a matrix [V, D]; the other rows stay."""
        for source in self.sources:
            put(matrix, source.vectors, source.vocabulary.rows_of(words.data, words.offsets))

    def frozen_words(self, words: Vocabulary) -> NDArray[np.uint8] | None:
        """[V] 1 for each word whose vector is frozen; None where all move."""
        if self.frozen is None or self.init is None:
            return None
        rows = self.init.vocabulary.rows_of(words.data, words.offsets)
        return ((rows >= 0) & self.frozen[rows]).astype(np.uint8)

    def restore(self, matrix: NDArray[np.float32], words: Vocabulary) -> NDArray[np.float32]:
        """Copy the vectors of frozen words from `init` to a matrix [V, D] where steps or sums may have rounded them."""
        if self.frozen is not None and self.init is not None:
            rows = self.init.vocabulary.rows_of(words.data, words.offsets)
            put(matrix, self.init.vectors, np.where((rows >= 0) & self.frozen[rows], rows, -1))
        return matrix


@dataclass(frozen=True, kw_only=True)
class Trainer(Options, Threaded, Scorable, ABC):
    """The base class of all trainers, of words, documents, sentences and nodes; a subclass adds options and `fit`."""

    name: ClassVar[str]
    iterative: ClassVar[bool] = True  # learns in epochs, and calls back after each
    random: ClassVar[bool] = True  # the seed counts
    shares_rows: ClassVar[bool] = False  # threads update the same rows: repeatable with one worker only
    takes: ClassVar[tuple[type, ...]] = (EncodedCorpus,)  # the types that a model learns from
    reads: ClassVar[tuple[str, str]] = (  # what its files are called, and what they are
        "CORPUS",
        "files (also .gz .bz2 .xz .zst), globs, folders, URLs; - is stdin",
    )

    @abstractmethod
    def fit(
        self,
        corpus: Any,
        *,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> Any:
        """Train on a corpus; KeyedVectors, or a model with `words` (KeyedVectors), `encode` and `save`."""

    def identity(self, corpus: Any, options: FitOptions) -> dict[str, Any]:
        """What must be the same where a run goes on from a checkpoint; threads, where the result depends on them."""
        by_threads = self.shares_rows and getattr(self, "replicas", None) is None
        return {
            "trainer": self.name,
            "options": self.recorded() | ({"workers": self.threads} if by_threads else {}),
            "corpus": corpus.fingerprint,
            "init": None if options.init is None else fingerprint_of(options.init),
            "frozen": None if options.frozen is None else fingerprint_of_bytes(options.frozen),
            "keep_context": options.keep_context,
        }

    def metadata(self, corpus: Any) -> dict[str, Any]:
        """The metadata of the vectors: trainer, options, library and corpus; the same in every run."""
        tokens = {} if corpus.stats is None else asdict(corpus.stats)
        options = self.recorded() | dict(corpus.options)
        sample = (corpus.options if isinstance(corpus, Cooccurrence) else options).get("sample")
        if tokens and (left := expected(corpus.vocabulary, sample)) is not None:
            total = int(np.asarray(corpus.vocabulary.counts).sum())  # where words were kept, of other text as well
            grown = options.get("vocabulary") == "grown" and total > 0
            tokens["sampled"] = round(left * tokens["kept"] / total) if grown else left  # as is expected of an epoch
        return {
            "trainer": self.name,
            "options": options,
            "library": f"wordvec {__version__}",
            "corpus": {"fingerprint": corpus.fingerprint, **tokens},
        }


@dataclass(frozen=True, kw_only=True)
class TextTrainer(CorpusOptions, Trainer):
    """A trainer that learns from a text."""

    vector_size: int = option(100, "dimensions of a vector", low=1, high=65536)


@dataclass(frozen=True, kw_only=True)
class WordTrainer(TextTrainer):
    """A trainer of word vectors; a subclass defines `_fit`, from an encoded corpus or counts to KeyedVectors."""

    inverts: ClassVar[bool] = True  # any vectors can be `init`; else only those of the same table of rows
    freezes: ClassVar[bool] = True  # words can be frozen

    @property
    def composes(self) -> str | None:
        """The kind of subwords that the vectors have, which compose unknown words; None without subwords."""
        return None

    def fit(
        self,
        corpus: Any,
        *,
        init: KeyedVectors | None = None,
        grow: bool | Growth = False,
        freeze: Literal["known"] | Iterable[str] | NDArray[np.bool_] | None = None,
        keep_context: bool = False,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | Path | None = None,
        checkpoint: Checkpoint | str | Path | None = None,
        cluster: Any = None,
    ) -> KeyedVectors:
        """Train on a corpus; the vectors, float32 [words, vector_size], words by falling count.

        `corpus` is any corpus that `wordvec.encode_corpus` takes, or its result; models that learn from counts also
        take a `Cooccurrence` or its file. `init` are the starting vectors of the words it has; the result has the words
        of the corpus, and a warning says how many words of `init` are lost. With `grow` none is: the result has the
        words of both, counts are added, and `metadata["init"]` tells how far the old words moved; a `Growth` says how
        new words start. The vectors of the words that `freeze` lists, of a mask [words of init], or of all words of
        `init` ("known") keep their bytes; where words share rows, so do all rows of theirs. `keep_context` keeps the
        output matrix as `vectors.context`, as does `grow` where `init` has one.

        Each of `callbacks` is called with an `Epoch` after every epoch: True ends training, None and False continue,
        any other answer is an error. `progress` shows a bar on a terminal or in a notebook. The logger "wordvec" gets a
        line for every epoch, and at the end one with the tokens that were used. `checkpoint` is a folder for the state
        of the run, or a `Checkpoint`, which says how often it is saved, and whether to go on. `cluster` is what
        `wordvec.distributed.fit` gives, which trains on other machines.

        Raises CorpusError for a corpus that cannot be read or leaves no words, OptionError for an `init` that does
        not fit or shares no word, TrainingError when training diverges. Warns where less than a tenth of the tokens, or
        none at all, was used.

        >>> from wordvec import SkipGram
        >>> vectors = SkipGram(vector_size=8, min_count=1, workers=1).fit([["a", "b"], ["b", "c"]] * 10)
        >>> vectors.vectors.shape
        (3, 8)
        """
        init, growth, checkpoints = unshared(init), growth_of(grow, init), Checkpoints.of(checkpoint)
        frozen = frozen_mask(freeze, init)
        options = FitOptions(init, keep_context, listed(callbacks), progress, frozen, checkpoints, cluster)
        self._check(options)
        how: dict[str, Any] = {"progress": progress, "tokenizer": tokenizer, "cache": cache}
        trainer, recorded = self, {}
        if growth is not None and init is not None:
            trainer, recorded = growth.trainer(self, init), {"grow": growth.recorded()}
            how["grow"] = init.vocabulary
        ready = self.ready(corpus, **how) if cluster is None else cluster.ready(trainer, corpus, **how)
        with begun(checkpoints, lambda: trainer.identity(ready, options) | recorded):
            vectors, start = trainer._learned(ready, options, growth)
        vectors._tokenizer = vectors._tokenizer or getattr(ready, "pieces", None)
        return finished(vectors, start)

    def _learned(
        self, corpus: Any, options: FitOptions, growth: Growth | None
    ) -> tuple[KeyedVectors, dict[str, Any] | None]:
        """Train on a corpus from whatever start; the vectors, and the metadata of `init` where there is one."""
        if options.init is None:
            return self._fit(corpus, options), None
        if growth is not None:
            return self._grow(corpus, options, options.init, growth)
        start = shared_words(options.init, corpus.vocabulary)
        return self._fit(corpus, options), start

    def _grow(
        self, corpus: Any, options: FitOptions, init: KeyedVectors, growth: Growth
    ) -> tuple[KeyedVectors, dict[str, Any]]:
        """Train on a corpus whose vocabulary has all words of `init`; the vectors, and the metadata of `init`."""
        start: dict[str, Any] = {"fingerprint": fingerprint_of(init), "words": len(init)}
        start |= {"shared": occurring(init, corpus), "added": len(corpus.vocabulary) - len(init)}
        start["options"] = growth.recorded()
        starts = None
        if self.inverts:
            starts, start["started"] = starting_vectors(init, corpus, growth, self.window, self.threads)
        keeps = options.keep_context or (init.context is not None and not getattr(self, "hs", False))
        vectors = self._fit(corpus, replace(options, starts=starts, keep_context=keeps))
        start["neighbours"] = neighbours_kept(init, vectors, self.seed)
        return carried(vectors, init), start

    def ready(
        self,
        corpus: Any,
        *,
        progress: bool = False,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | Path | None = None,
        grow: Vocabulary | None = None,
    ) -> Any:
        """The EncodedCorpus or Cooccurrence that `fit` learns from, and also takes; arguments as in `fit`.

        With `grow` it has all words of that vocabulary, too, and its counts are added.
        """
        if is_counts(corpus) or is_parts(corpus):
            corpus = Cooccurrence.load(corpus)
        if isinstance(corpus, Cooccurrence) and grow is not None:
            raise OptionError("corpus must be a text where vectors grow, since their words must be counted; got counts")
        if isinstance(corpus, Cooccurrence) and Cooccurrence not in self.takes:
            raise OptionError(f"corpus must be a text for {self.name}, which does not learn from counts; got counts")
        if not isinstance(corpus, self.takes):
            how = self.reading() | {"grow": grow, "progress": progress}
            return encode_corpus(corpus, tokenizer=tokenizer, cache=cache, **how)
        if tokenizer is not None or cache is not None:
            raise OptionError("tokenizer and cache serve the reading of a corpus; this one is encoded already")
        encoded: Any = corpus
        return encoded if grow is None else regrown(encoded, grow)

    def _check(self, options: FitOptions) -> None:
        """Raise OptionError, before any work, for arguments that do not fit together."""
        init = options.init
        counts = Cooccurrence in self.takes
        if options.cluster is not None and not counts and getattr(self, "replicas", None) is None:
            raise OptionError(
                f"cluster serves models that learn from counts or in replicas; {self.name} must have some"
            )
        if init is None:
            return
        check_init(init, self.vector_size)
        if not self.iterative:
            raise OptionError(f"init serves models that learn in steps; {self.name} is computed: leave it out")
        if options.frozen is not None and not self.freezes:
            raise OptionError(f"freeze serves models that learn by gradient descent; {self.name} solves for all rows")

    @abstractmethod
    def _fit(self, corpus: Any, options: FitOptions) -> KeyedVectors:
        """Train on one of the types of `takes`; the vectors."""


def fit_options(
    vector_size: int,
    init: Any,
    keep_context: bool,
    callbacks: Callback | Iterable[Callback],
    progress: bool,
    checkpoint: Checkpoint | str | Path | None,
) -> FitOptions:
    """The arguments of the `fit` of nodes and pairs, checked."""
    if init is not None:
        check_init(init, vector_size)
    return FitOptions(unshared(init), keep_context, listed(callbacks), progress, checkpoints=Checkpoints.of(checkpoint))


def check_init(init: Any, vector_size: int) -> None:
    """OptionError unless training can start from these vectors."""
    if not isinstance(init, KeyedVectors):
        raise OptionError(f"init must be KeyedVectors; got {type(init).__name__}: use wordvec.load for a file")
    check_cosine(init=init)
    if init.vector_size != vector_size:
        raise OptionError(
            f"init must have vectors of vector_size {vector_size}; got {init.vector_size}; "
            f"train with vector_size={init.vector_size}"
        )
    if init.context is not None and init.context.shape != init.vectors.shape:
        raise OptionError(f"the context of init must be of shape {init.vectors.shape}; got {init.context.shape}")


def shared_words(init: KeyedVectors, words: Vocabulary, grows: bool = True) -> dict[str, Any]:
    """The metadata of `init`; OptionError where it shares no word with the corpus, a warning where words are lost."""
    shared = int((init.vocabulary.ids(words) >= 0).sum())
    if shared == 0:
        raise OptionError(
            f"init must have words of the corpus; none of its {len(init):,} words is among the {len(words):,} that are "
            "trained: look whether both are lower-cased and cut in the same way"
            + ", or keep the words of both with grow=True (--grow)"
            * grows
        )
    if lost := len(init) - shared:
        warn(
            f"{lost:,} of the {len(init):,} words of init are not in the corpus and will not be in the result, which "
            f"has the {len(words):,} words that are trained ({shared:,} of them start from init); "
            + ("keep all words with grow=True (--grow), or keep init, too" if grows else "keep init, too")
        )
    return {"fingerprint": fingerprint_of(init), "words": len(init), "shared": shared}


def fingerprint_of_bytes(*arrays: NDArray[Any] | None) -> str:
    """A digest of arrays, 32 hexadecimal digits."""
    told = (repr(None if array is None else (array.dtype.str, array.shape)) for array in arrays)
    given = (np.empty(0) if array is None else array for array in arrays)
    return digest_of(*chain.from_iterable(zip(told, given)))


def fingerprint_of(vectors: KeyedVectors) -> str:
    """A digest of words and vectors, 32 hexadecimal digits."""
    return digest_of(vectors.vocabulary.data, vectors.vocabulary.offsets, float_blocks(vectors.vectors))


def finished(vectors: Vectors, start: dict[str, Any] | None = None) -> Vectors:
    """The trained vectors, after a line in the log and, where little of the corpus was used, a warning."""
    metadata = vectors.metadata
    if start is not None:
        metadata["init"] = start
    losses = metadata.get("loss", ())
    if not losses or any(loss is not None for loss in losses):  # else a warning has said that nothing was learned
        warn_of_little(metadata)
    if metadata.get("options", {}).get("vector_size") == 1:
        warn("vectors of one dimension have cosines of 1 and -1 alone, by which none is nearest; use vector_size=50")
    LOG.info("%s: %s", metadata.get("trainer"), in_words(metadata) or f"{len(vectors):,} words")
    return vectors


def unshared(init: Any) -> Any:
    """The starting vectors, with a row for each word: words share rows after `prune` and `dedupe`."""
    shared = isinstance(init, KeyedVectors) and init.rows.row_of is not None
    return init.subset(rows=slice(None)) if shared else init
