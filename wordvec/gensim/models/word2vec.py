"""gensim.models.word2vec: Word2Vec and the readers of corpora, over the trainers of wordvec."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.gensim import saving, scoring, utils
from wordvec.gensim.errors import NotReady, refuse
from wordvec.gensim.models.keyedvectors import KeyedVectors
from wordvec.gensim.training import Model
from wordvec.trainers import CBOW, SkipGram
from wordvec.trainers.word2vec import Inputs
from wordvec.trainers.word2vec import Word2Vec as Trainer
from wordvec.trainers.word_rows import WordRows

FAST_VERSION = 1  # gensim's name for how its code was compiled: above 0, it was
MAX_WORDS_IN_BATCH = 10_000


class Word2Vec(Model):
    """gensim's Word2Vec: the arguments are those of gensim 4, what it trains are the models of wordvec.

    Vectors are `model.wv`, the output rows `model.syn1neg` and `model.syn1`. Without `sentences` and `corpus_file`,
    `build_vocab` and `train` make the model in steps; `build_vocab(..., update=True)` adds words, `train` goes on.
    These make no difference: hashfxn, batch_words, null_word, comment, queue_factor, report_delay, progress_per,
    total_examples and total_words. Options that wordvec has no way to follow raise NotDone:
    cbow_mean=0, sorted_vocab=0.

    >>> model = Word2Vec(vector_size=8, min_count=1, workers=1)
    >>> model.build_vocab([["red", "green"], ["one", "two"]] * 20)
    >>> model.train([["red", "green"], ["one", "two"]] * 20, total_examples=model.corpus_count, epochs=2)
    (160, 160)
    """

    loadable: tuple[str, ...] = (  # options that a file of gensim may have
        *("vector_size", "alpha", "window", "min_count", "sample", "seed", "workers", "min_alpha"),
        *("sg", "hs", "negative", "ns_exponent", "cbow_mean", "epochs"),
    )

    def __init__(
        self,
        sentences: Any = None,
        corpus_file: Any = None,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = 1e-3,
        seed: int = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        sg: int = 0,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Any = hash,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: Any = None,
        sorted_vocab: int = 1,
        batch_words: int = MAX_WORDS_IN_BATCH,
        compute_loss: bool = False,
        callbacks: Any = (),
        comment: str | None = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
    ) -> None:
        self._take(
            vector_size=vector_size,
            alpha=alpha,
            window=window,
            min_count=min_count,
            max_vocab_size=max_vocab_size,
            sample=sample,
            seed=seed,
            workers=workers,
            min_alpha=min_alpha,
            sg=sg,
            hs=hs,
            negative=negative,
            ns_exponent=ns_exponent,
            cbow_mean=cbow_mean,
            epochs=epochs,
            sorted_vocab=sorted_vocab,
            compute_loss=compute_loss,
            comment=comment,
            max_final_vocab=max_final_vocab,
            shrink_windows=shrink_windows,
        )
        self._begin(sentences, corpus_file, trim_rule, callbacks)

    def _check(self) -> None:
        super()._check()
        refuse(cbow_mean=(1 if self.sg else int(self.cbow_mean), 1, "CBOW takes the mean of the words of a window"))

    def _trainer(self, **changed: Any) -> Trainer:
        return (SkipGram if self.sg else CBOW)(**self._shared(**changed))

    def _lock(self, inputs: Inputs, locks: NDArray[np.float64]) -> None:
        if np.isin(locks, (0, 1)).all():
            inputs.arguments["frozen_words"] = (locks == 0).astype(np.uint8)
            return
        size = len(locks)
        rows = WordRows(np.arange(size + 1, dtype=np.int64), np.arange(size, dtype=np.int32), size)
        inputs.arguments.update({**rows.arguments(inputs.arguments["input"], None), "word_steps": locks})

    @classmethod
    def load(cls, fname: str | os.PathLike[str], mmap: str | None = None, **unused: Any) -> Any:
        """Open a model of `save` or of gensim's Word2Vec, any version; NoModel where the file holds something else."""
        return saving.load(cls, fname)

    def predict_output_word(self, context_words_list: Sequence[Any], topn: int = 10) -> list[tuple[str, float]] | None:
        """The words that negative sampling expects among the given ones, with their probabilities; None: none is known.

        Words may be given as the numbers of their rows.
        """
        if not self.negative or self._outputs.negative is None:
            raise NotReady("a model must have been trained with negative sampling to predict words; this one was not")
        return scoring.predicted(self.wv, self._outputs.negative, context_words_list, topn)

    def score(self, sentences: Any, total_sentences: int = 1_000_000, **unused: Any) -> NDArray[np.float32]:
        """[n] the logarithm of the probability of each sentence, by hierarchical softmax, without subsampling."""
        if not self.hs or self._outputs.tree is None:
            raise NotReady("a model must have been trained with hs=1 to score sentences; this one was not")
        return scoring.scores(self, sentences, total_sentences)

    def init_sims(self, replace: bool = False) -> None:
        """As of the vectors: `model.wv.init_sims`."""
        self.wv.init_sims(replace)


class LineSentence:
    """The sentences of a text file, one a line, cut at white space, also that beyond ASCII, as gensim cuts it.

    `corpus_file=` and the trainers of wordvec cut at ASCII white space. `limit` is the number of lines that are read;
    sentences longer than `max_sentence_length` are cut.
    """

    def __init__(self, source: Any, max_sentence_length: int = MAX_WORDS_IN_BATCH, limit: int | None = None) -> None:
        self.source, self.max_sentence_length, self.limit = source, max_sentence_length, limit

    def __iter__(self) -> Iterator[list[str]]:
        for number, line in enumerate(utils.open_lines(self.source)):
            if self.limit is not None and number >= self.limit:
                return
            words = line.decode("utf-8", "surrogateescape").split()
            for first in range(0, len(words), self.max_sentence_length):
                yield words[first : first + self.max_sentence_length]


class PathLineSentences:
    """The sentences of the files of a folder, by their names, or of one file, as `LineSentence` has them."""

    def __init__(self, source: Any, max_sentence_length: int = MAX_WORDS_IN_BATCH, limit: int | None = None) -> None:
        path = Path(source)
        self.input_files = [str(path)] if path.is_file() else sorted(str(part) for part in path.iterdir())
        self.max_sentence_length, self.limit = max_sentence_length, limit

    def __iter__(self) -> Iterator[list[str]]:
        for name in self.input_files:
            yield from LineSentence(name, self.max_sentence_length, self.limit)


class Text8Corpus:
    """The words of a file that is one long line, in sentences of `max_sentence_length` words."""

    def __init__(self, fname: str | os.PathLike[str], max_sentence_length: int = MAX_WORDS_IN_BATCH) -> None:
        self.fname, self.max_sentence_length = fname, max_sentence_length

    def __iter__(self) -> Iterator[list[str]]:
        words: list[str] = []
        for line in utils.open_lines(self.fname):
            words += line.decode("utf-8", "surrogateescape").split()
            while len(words) >= self.max_sentence_length:
                yield words[: self.max_sentence_length]
                del words[: self.max_sentence_length]
        if words:
            yield words


__all__ = ["FAST_VERSION", "KeyedVectors", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"]
