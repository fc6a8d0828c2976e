"""How often training is expected to update each row of a table: from counts, windows, subsampling and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.corpus import EncodedCorpus
from wordvec.corpus.subsampling import keep_chances
from wordvec.optim.copies import FEW, MANY, Copies

Rates = NDArray[np.float64]
MOST_THREADS = 2  # with 16, CBOW learned much less: what they know of each other is too old
LEAST_CHUNKS = 16  # of each thread, in an epoch: with fewer, copies would be merged too rarely
LEAST_FOR_MANY = 256  # of each thread, in all epochs: with fewer, the memory of many copies takes more than it saves
ROWS_OF_WORD = 4  # where words have more, as with n-grams, to look for few copies takes longer than these save


def expected_updates(trainer: Any, counts: NDArray[np.int64], arguments: dict[str, Any]) -> dict[str, Rates]:
    """The updates of each row for each token of the corpus, by name of the table among the kernel's `arguments`.

    `trainer` has the options of predictive models: window, shrink_windows, sample, negative, ns_exponent, hs and cbow.
    An update is a step for one pair of a word and a word of its window, or for a noise word of that pair; in CBOW the
    window is one word, and each of its words takes the step. The names: input, output, and importance where words have
    factors of rows. Rows that are frozen have the rate 0.
    """
    kept = kept_shares(trainer, counts)
    window = mean_window(trainer)
    targets = kept if trainer.cbow else window * kept
    rates = {"input": window * kept, "output": _outputs(trainer, counts, targets, arguments)}
    if arguments.get("frozen_words") is not None:
        rates["input"][arguments["frozen_words"] != 0] = 0
    if arguments.get("word_rows") is not None:
        each = np.repeat(rates["input"], np.diff(arguments["word_indptr"]))
        rates["input"] = np.bincount(arguments["word_rows"], each, len(arguments["input"])).astype(np.float64)
        if arguments.get("frozen_rows") is not None:
            rates["input"][arguments["frozen_rows"] != 0] = 0
        if arguments.get("importance") is not None:
            rates["importance"] = each
    return rates


def _outputs(trainer: Any, counts: NDArray[np.int64], targets: Rates, arguments: dict[str, Any]) -> Rates:
    """The output side: a target updates its word and noise, or the inner nodes above it."""
    if trainer.hs:
        depths = np.diff(arguments["path_offsets"])
        return np.bincount(arguments["path"], np.repeat(targets, depths), len(arguments["output"])).astype(np.float64)
    noise = counts.astype(np.float64) ** trainer.ns_exponent
    rates: Rates = targets + trainer.negative * targets.sum() * (noise / noise.sum())
    return rates


def kept_shares(trainer: Any, counts: NDArray[np.int64]) -> Rates:
    """[V] the tokens of each word that subsampling keeps, for a token of the text."""
    shares: Rates = counts * keep_chances(counts, trainer.sample) / counts.sum()
    return shares


def mean_window(trainer: Any) -> float:
    """The mean number of words of a window."""
    return float(trainer.window + 1 if trainer.shrink_windows else 2 * trainer.window)


def copies_of(trainer: Any, corpus: EncodedCorpus, arguments: dict[str, Any]) -> list[dict[str, Copies]]:
    """Choices of copies of the frequent rows of the tables for each of two threads, by argument of the kernel.

    The copies are of few rows or of many, where these are more; or there is no choice. A visit is all that neighbouring
    words, which share noise, do to a row. Rows that nobody writes need no copy: frozen ones, and those of the input
    where documents alone predict words.
    """
    chunks = len(corpus.chunks()) - 1
    if not 1 < trainer.threads <= MOST_THREADS or chunks < LEAST_CHUNKS * trainer.threads:
        return []
    counts, window = np.asarray(corpus.vocabulary.counts), mean_window(trainer)
    updates, kept = expected_updates(trainer, counts, arguments), kept_shares(trainer, counts)
    each = 1.0 if trainer.cbow else window  # updates of a row of the output in a visit
    visits = {"input": updates["input"] / window, "output": updates["output"] / each}
    if not trainer.hs:  # groups of centres visit fewer rows of noise, which weigh more, and several times in a row
        noise, drawn = visits["output"] - kept, trainer.pool() / trainer.centres / trainer.noise_uses
        visits["output"] = kept + noise * (drawn / trainer.negative)
    words_predict = arguments.get("with_words", True)
    if not words_predict:
        updates["output"] = updates["output"] / each
    word_rows = arguments.get("word_rows")
    is_long = word_rows is not None and len(word_rows) > ROWS_OF_WORD * len(counts)
    stays = {"input": arguments.get("frozen_input") or not words_predict, "output": arguments.get("frozen")}

    def at_most(rows: int) -> dict[str, Copies]:
        return {
            f"own_{name}": Copies(
                arguments[name],
                visits=np.where(updates[name] > 0, visits[name], 0),  # 0: frozen
                updates=updates[name],
                tokens=len(corpus.ids) / chunks,
                chunks=chunks // trainer.threads,
                workers=trainer.threads,
                most=rows,
                word_rows=word_rows if name == "input" else None,
            )
            for name in ("input", "output")
            if not stays[name] and (rows == MANY or name != "input" or not is_long)
        }

    few = at_most(FEW)
    if chunks * trainer.epochs < LEAST_FOR_MANY * trainer.threads:
        return [few] if few else []
    many = at_most(MANY)
    if not many:
        return []
    return [few, many] if sum(map(len, few.values())) < sum(map(len, many.values())) else [many]
