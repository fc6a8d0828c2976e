"""The base class of gensim's models: building and extending a vocabulary, training, losses, callbacks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.corpus import EncodedCorpus
from wordvec.gensim import reading, saving
from wordvec.gensim.errors import NoModel, NotReady, NoWords, refuse
from wordvec.gensim.models.callbacks import Told
from wordvec.gensim.models.keyedvectors import KeyedVectors, locks_of
from wordvec.optim.descent import aligned_matrix
from wordvec.trainers.base import FitOptions
from wordvec.trainers.output_matrices import OutputMatrices, Paths, grafted
from wordvec.trainers.word2vec import Inputs, PredictiveTrainer, counts_of
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.huffman import huffman

_SHARED = ("window", "sample", "ns_exponent", "seed", "epochs", "alpha", "min_alpha")  # as trainers name them


class Model:
    """A model of gensim: options are attributes, and `wv` are the vectors, a new object after every training."""

    wv: KeyedVectors
    sg: int
    hs: int
    negative: int
    cbow_mean: int
    sorted_vocab: int
    min_count: int
    epochs: int
    alpha: float
    min_alpha: float
    workers: int
    vector_size: int
    ns_exponent: float
    shrink_windows: bool
    compute_loss: bool
    max_vocab_size: int | None
    max_final_vocab: int | None

    vectors_class: type[KeyedVectors] = KeyedVectors

    def _take(self, **options: Any) -> None:
        """Keep the options as attributes."""
        self.option_names = tuple(options)
        self.__dict__.update(options, load=_on_the_class)
        self.sg, self.hs, self.negative = int(self.sg), int(self.hs), int(self.negative or 0)
        self._check()
        self.wv = self._empty()
        self._outputs = OutputMatrices()
        self.raw_vocab: dict[str, int] = {}
        self.corpus_count = self.corpus_total_words = self.train_count = 0
        self.running_training_loss, self.effective_min_count = 0.0, self.min_count or 0
        self.null_word, self.batch_words = 0, 10_000  # of no effect
        self.layer1_size, self.total_train_time = self.vector_size, 0.0

    def _check(self) -> None:
        """Raise errors for impossible options, before any work."""
        if not self.hs and self.negative < 1:
            raise OptionError("hs must be 1 or negative above 0, so that there is something to learn; got neither")
        refuse(sorted_vocab=(int(bool(self.sorted_vocab)), 1, "words are always in order of falling counts"))
        self._trainer()  # checks the others

    def _shared(self, **changed: Any) -> dict[str, Any]:
        """The options of a trainer."""
        options: dict[str, Any] = {name: getattr(self, name) for name in _SHARED}
        options |= {"vector_size": self.vector_size, "shrink_windows": bool(self.shrink_windows)}
        options |= {"min_count": max(1, self.min_count or 1), "hs": not self.negative}
        return {**options, "negative": self.negative or 5, "workers": self.workers, **changed}

    def _trainer(self, **changed: Any) -> PredictiveTrainer:
        raise NotImplementedError

    def _empty(self) -> KeyedVectors:
        return self.vectors_class(self.vector_size)

    def _begin(self, sentences: Any, corpus_file: Any, trim_rule: Any, callbacks: Any) -> None:
        """Build the vocabulary and train, if the constructor received a corpus."""
        self._rule = trim_rule
        if sentences is None and corpus_file is None:
            return
        corpus = self._read(sentences, corpus_file)
        self._build(corpus, False, trim_rule)
        self.raw_vocab = {}
        self._fit(corpus, self.epochs, None, None, callbacks)

    # The vocabulary

    def build_vocab(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        update: bool = False,
        progress_per: int = 10_000,
        keep_raw_vocab: bool = False,
        trim_rule: Any = None,
        **options: Any,
    ) -> None:
        """Build the vocabulary and starting vectors from a corpus; with `update`, extend the vocabulary."""
        if "sentences" in options:
            corpus_iterable = options.pop("sentences")
        self._build(self._read(corpus_iterable, corpus_file), update, trim_rule or self._rule)
        if not keep_raw_vocab:
            self.raw_vocab = {}

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[str, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: Any = None,
        update: bool = False,
    ) -> None:
        """Build the vocabulary from word counts."""
        self.raw_vocab, self.corpus_count = dict(word_freq), corpus_count or 0
        self.corpus_total_words = sum(word_freq.values())
        self.prepare_vocab(update=update, trim_rule=trim_rule)
        self.prepare_weights(update=update)
        if not keep_raw_vocab:
            self.raw_vocab = {}

    def scan_vocab(
        self, corpus_iterable: Any = None, corpus_file: Any = None, trim_rule: Any = None, **unused: Any
    ) -> tuple[int, int]:
        """Count the words of a corpus into `raw_vocab`; the numbers of (words, sentences)."""
        return self._scan(self._read(corpus_iterable, corpus_file), trim_rule or self._rule)

    def prepare_vocab(
        self, update: bool = False, keep_raw_vocab: bool = False, trim_rule: Any = None, **unused: Any
    ) -> dict[str, Any]:
        """Choose the words of `raw_vocab` to keep; the numbers of kept and dropped words."""
        raw, rule = self.raw_vocab, trim_rule or self._rule
        kept, least = reading.kept(raw, self.min_count or 0, self.max_final_vocab, rule)
        self.effective_min_count, self._kept = least, kept
        return {
            "drop_unique": len(raw) - len(kept),
            "retain_total": sum(kept.values()),
            "num_retained_words": len(kept),
        }

    def prepare_weights(self, update: bool = False) -> None:
        """Create random vectors for the kept words, and output matrices of zeros."""
        kept = dict(self._kept)
        if update:
            if not len(self.wv):
                raise NotReady("update=True must come after a vocabulary was built: call build_vocab without it first")
            counts = self.wv.vocabulary.counts
            old = dict(zip(self.wv.vocabulary, [0] * len(self.wv) if counts is None else counts.tolist()))
            kept = {word: count + kept.get(word, 0) for word, count in old.items()} | {
                word: count for word, count in kept.items() if word not in old
            }
        words, before = reading.vocabulary(kept), self.wv if update else None
        locked = getattr(self.wv, "_locked", None)
        inputs = self._trainer()._inputs(words, FitOptions(None if before is None else self._started(before)))
        self.wv = self._made(inputs.vectors({}, None))
        if locked is not None:
            self.wv.vectors_lockf = locked
        self._outputs = OutputMatrices(
            self._output(words, before, self._outputs.negative) if self.negative else None,
            self._output(words, before, self._outputs.tree) if self.hs else None,
            None if before is None or not self.hs else self._grown_tree(words, before.vocabulary),
        )

    def _grown_tree(self, words: Vocabulary, old: Vocabulary) -> Paths:
        """The paths of the tree that has the old one and the new words side by side, so that its nodes stay."""
        return grafted(self._outputs.paths or huffman(counts_of(old)), counts_of(words)[len(old) :])

    def reset_from(self, other_model: Any) -> None:
        """Copy words and counts of another model, with new vectors."""
        words = other_model.wv.vocabulary
        counts = words.counts if words.counts is not None else np.ones(len(words), np.int64)
        self._kept = dict(zip(words, counts.tolist()))
        self.corpus_count, self.corpus_total_words = other_model.corpus_count, other_model.corpus_total_words
        self.prepare_weights()

    def _read(self, sentences: Any, corpus_file: Any) -> Any:
        return reading.read(sentences, corpus_file, self.workers)

    def _scan(self, corpus: Any, rule: Any) -> tuple[int, int]:
        self.raw_vocab = reading.counted(corpus, self.max_vocab_size, rule)
        self.corpus_count, self.corpus_total_words = len(corpus), corpus.stats.read
        return self.corpus_total_words, self.corpus_count

    def _build(self, corpus: Any, update: bool, rule: Any) -> None:
        self._scan(corpus, rule)
        self.prepare_vocab(update=update, trim_rule=rule)
        self.prepare_weights(update=update)

    def _output(self, words: Vocabulary, before: Any, old: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """An output matrix: the old rows, then zeros for new words."""
        made: NDArray[np.float32] = aligned_matrix(len(words), self.vector_size)
        if before is not None and old is not None:
            made[: len(old)] = old
        return made

    def _started(self, vectors: KeyedVectors) -> Any:
        """The vectors from which training starts."""
        return vectors

    def _made(self, vectors: Any) -> KeyedVectors:
        """The vectors of a trainer as an object of `vectors_class`, for `wv`."""
        made: KeyedVectors = self.vectors_class.of(vectors)
        made._context = None  # the model has it
        return made

    # Training

    def train(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool = False,
        callbacks: Any = (),
        **options: Any,
    ) -> tuple[int, int]:
        """Train on a corpus from the current vectors; the numbers of (known words, all words) that were read.

        `epochs` and `total_examples` or `total_words` must be given, as in gensim; the latter make no difference.
        """
        if "sentences" in options:
            corpus_iterable = options.pop("sentences")
        reading.check_corpus(corpus_iterable, corpus_file)
        if epochs is None or (total_examples is None and total_words is None):
            raise OptionError(
                "train must be given epochs, and total_examples or total_words: "
                "model.train(corpus, total_examples=model.corpus_count, epochs=model.epochs)"
            )
        self.compute_loss = compute_loss or self.compute_loss
        if not len(self.wv):
            raise NotReady("you must first build vocabulary before training the model: call build_vocab")
        return self._fit(self._read(corpus_iterable, corpus_file), epochs, start_alpha, end_alpha, callbacks)

    def _fit(
        self, corpus: Any, epochs: int, start_alpha: float | None, end_alpha: float | None, callbacks: Any
    ) -> tuple[int, int]:
        if self._outputs.negative is None and self._outputs.tree is None:
            raise NotReady("a model must have output rows to be trained on; this one has vectors only: build_vocab")
        trainer = self._trainer(
            epochs=epochs,
            alpha=self.alpha if start_alpha is None else start_alpha,
            min_alpha=self.min_alpha if end_alpha is None else end_alpha,
        )
        told, read = Told(self, callbacks), corpus.stats.read
        corpus = self._numbered(corpus)
        inputs = self._inputs_of(trainer, corpus)
        if (locks := locks_of(self.wv)) is not None:
            self._lock(inputs, locks)
        told.tell("on_train_begin")
        told.tell("on_epoch_begin")
        self.running_training_loss, locked = 0.0, getattr(self.wv, "_locked", None)
        made = self._outputs.train(trainer, corpus, inputs, told.after(lambda vectors: self._renew(vectors, locked)))
        self._renew(made, locked, last=True)
        self.train_count += 1
        told.tell("on_train_end")
        return len(corpus.ids) * epochs, read * epochs

    def _numbered(self, corpus: Any) -> EncodedCorpus:
        """The corpus, renumbered by the ids of the model's words."""
        found = reading.renumbered(corpus, self.wv.vocabulary)
        if not len(found.ids):
            raise NoWords("a corpus must hold words of the vocabulary to train on; it holds none")
        found.check()
        return found

    def _inputs_of(self, trainer: PredictiveTrainer, corpus: EncodedCorpus) -> Inputs:
        """The input side of a training, which starts from the current vectors."""
        return trainer._inputs(corpus.vocabulary, FitOptions(self._started(self.wv)))

    def _lock(self, inputs: Inputs, locks: NDArray[np.float64]) -> None:
        """Freeze rows by their locks."""
        refuse(vectors_lockf=(bool(locks.any()), False, f"rows of a {type(self).__name__} are locked all or none"))
        inputs.arguments["frozen_input"] = True

    def _renew(self, vectors: Any, locked: Any, last: bool = False) -> None:
        """Replace `wv` by the vectors of the training, which continues or is done."""
        self.wv = self._made(vectors)
        if locked is not None:
            self.wv.vectors_lockf = locked
        self.running_training_loss = self._outputs.loss

    def get_latest_training_loss(self) -> float:
        """The loss of the last training so far, summed over its targets; 0 without compute_loss, as in gensim."""
        return self.running_training_loss if self.compute_loss else 0.0

    # What was learned

    def _output_matrix(self, name: str) -> NDArray[np.float32]:
        found = self._outputs.negative if name == "syn1neg" else self._outputs.tree
        if found is None:
            raise AttributeError(f"{name} is not there: it is of hs={int(name == 'syn1')} and a vocabulary")
        return found

    @property
    def syn1neg(self) -> NDArray[np.float32]:
        """[V, D] the output rows of words, where negative is above 0."""
        return self._output_matrix("syn1neg")

    @property
    def syn1(self) -> NDArray[np.float32]:
        """[V, D] the output rows of inner nodes, where hs is 1; the last is not used."""
        return self._output_matrix("syn1")

    @property
    def cum_table(self) -> NDArray[np.uint32]:
        """[V] where the share of each word in the noise ends, of 2^31 - 1."""
        counts = self.wv.vocabulary.counts
        shares = np.cumsum((np.ones(len(self.wv)) if counts is None else counts.astype(float)) ** self.ns_exponent)
        table: NDArray[np.uint32] = np.round(shares / shares[-1] * (2**31 - 1)).astype(np.uint32)
        return table

    def _more(self) -> dict[str, Any]:
        """Further tensors for a file, beside vectors and output matrices."""
        return {}

    def _take_more(self, tensors: Mapping[str, Any]) -> None:
        """Restore the tensors of `_more`."""

    def _take_tags(self, part: Any) -> None:
        """Restore the document vectors of a file of gensim."""

    def save(self, fname: str | os.PathLike[str], **unused: Any) -> None:
        """Write one file that holds all of the model; `wordvec.load` opens its words. Other options are not used."""
        saving.save(self, fname)

    def __str__(self) -> str:
        return f"{type(self).__name__}<vocab={len(self.wv)}, vector_size={self.vector_size}, alpha={self.alpha}>"


def _on_the_class(*arguments: Any, **options: Any) -> None:
    raise NoModel("load must be called on the class, Word2Vec.load(path), and not on a model, which it does not change")
