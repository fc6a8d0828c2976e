"""Local descent of predictive models: the replicas of their tables, and the rates at which rows are updated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from wordvec._kernels import word2vec as kernel
from wordvec.corpus import EncodedCorpus
from wordvec.optim.averaging import local_rate, rest_of
from wordvec.optim.descent import descend
from wordvec.optim.epochs import Runs
from wordvec.optim.replicas import Replicas, Tables
from wordvec.optim.rounds import Rounds
from wordvec.optim.shuffling import Sentences
from wordvec.trainers.base import FitOptions
from wordvec.trainers.updates import expected_updates

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

SYNC = 3_200_000  # tokens that few replicas train between two averagings, divided by the square of their number
MANY = 400_000  # tokens that many train together; from 8 of them on this is more


def rounds_of(trainer: Any, corpus: EncodedCorpus) -> Rounds:
    """The schedule of a trainer with `replicas`; OptionError where the corpus is too short for so many."""
    rest = rest_of(trainer.replicas, trainer.hs and trainer.cbow)
    return Rounds.make(
        corpus.chunk_tokens,
        replicas=trainer.replicas,
        sync=trainer.sync or default_sync(trainer.replicas),
        epochs=trainer.epochs,
        alpha=local_rate(trainer.alpha, trainer.replicas, rest),
        min_alpha=local_rate(trainer.min_alpha, trainer.replicas, rest),
        seed=trainer.seed,
        shuffle=trainer.shuffle,
        rest=rest,
    )


def default_sync(replicas: int) -> int:
    """Tokens that each replica trains between two averagings where `sync` is not given.

    >>> [default_sync(replicas) for replicas in (2, 4, 8, 16)]
    [800000, 200000, 50000, 25000]
    """
    return max(1, SYNC // replicas**2, MANY // replicas)


def descend_in_replicas(
    trainer: Any,
    corpus: EncodedCorpus,
    fixed: dict[str, Any],
    ceiling: float,
    vectors: Callable[[], KeyedVectors],
    options: FitOptions,
) -> list[float | None]:
    """Change the tables among the arguments `fixed` of the kernel; the mean loss of each epoch.

    The learning rates that are reported are those of one replica alone.
    """
    names = {"input", "importance"} if fixed.get("frozen") else {"input", "output", "importance"}
    tables = {name: fixed[name] for name in sorted(names) if fixed.get(name) is not None}

    rates = expected_updates(trainer, np.asarray(corpus.vocabulary.counts), fixed)
    rounds = rounds_of(trainer, corpus)
    how: dict[str, Any] = {name: getattr(trainer, name) for name in ("epochs", "alpha", "min_alpha", "seed")}
    how |= {"ceiling": ceiling, "callbacks": options.callbacks, "progress": options.progress}
    how["checkpoints"] = options.checkpoints
    if options.cluster is not None:
        with options.cluster.descent(tables, rounds, rates, corpus, kernel.train, fixed) as remote:

            def current() -> KeyedVectors:
                remote.refresh()
                return vectors()

            return descend(remote.step(), remote.tokens(), workers=1, vectors=current, state=remote.state(), **how)
    replicas, shares = Replicas.make(tables, rounds, rates), list(_shares(corpus, rounds))

    def train(replica: int, part: slice, runs: Runs, tables: Tables) -> None:
        kernel.train(
            **shares[replica].text(part, runs.epoch),
            alphas=runs.alphas,
            seeds=runs.seeds,
            losses=runs.losses,
            targets=runs.targets,
            stop=runs.stop,
            **{**fixed, **tables},
        )

    return descend(
        replicas.step(train),
        replicas.tokens(),
        workers=trainer.threads,
        vectors=vectors,
        after=replicas.after(),
        state=replicas.state(),
        **how,
    )


def _shares(corpus: EncodedCorpus, rounds: Rounds) -> Iterator[Sentences]:
    """The sentences of each replica, in the order in which it trains them."""
    chunks = corpus.chunks()
    for replica, (first, last) in enumerate(pairwise(rounds.shares.tolist())):
        yield Sentences(corpus.ids, corpus.offsets, chunks[first : last + 1], rounds.order(replica), first)
