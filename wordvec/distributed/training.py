"""Training on a Dask cluster: encoding and counting on its workers, replicas of the tables on them, one result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.logs import LOG
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.files import is_counts
from wordvec.cooccurrence.parts import is_parts
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.encoded import is_encoded
from wordvec.corpus.sources import Files, resolve
from wordvec.distributed.cluster import Cluster, open_cluster
from wordvec.distributed.corpus import DistributedCorpus, encode_corpus
from wordvec.distributed.counting import count
from wordvec.distributed.descent import ClusterDescent
from wordvec.distributed.parts import Seen, look
from wordvec.optim.replicas import Replicas
from wordvec.optim.rounds import Rounds
from wordvec.trainers import TRAINERS
from wordvec.trainers.base import WordTrainer
from wordvec.vectors import KeyedVectors


class Engine:
    """What a trainer asks of a cluster, as its argument `cluster`."""

    def __init__(self, cluster: Cluster, send: bool | None = None) -> None:
        self.cluster, self.send = cluster, send
        self._made: list[DistributedCorpus] = []

    def level(self) -> int:
        """The SIMD level of all workers: the lowest of those that are there."""
        return self.cluster.level()

    def close(self) -> None:
        """Forget what was encoded for a training."""
        while self._made:
            corpus = self._made.pop()
            if self.cluster.client.status == "running":
                corpus.drop()

    def ready(
        self,
        trainer: Any,
        corpus: Any,
        *,
        progress: bool = False,
        tokenizer: Any = None,
        cache: Any = None,
        grow: Any = None,
    ) -> Any:
        """What a trainer learns from: a corpus on the workers, an EncodedCorpus, or counts."""
        is_folder = isinstance(corpus, (str, os.PathLike)) and is_encoded(corpus)
        is_given = isinstance(corpus, (EncodedCorpus, Cooccurrence)) or is_counts(corpus) or is_parts(corpus)
        how = {"progress": progress, "tokenizer": tokenizer, "cache": cache} | ({} if grow is None else {"grow": grow})
        if is_given or is_folder or (cache is not None and hasattr(trainer, "replicas")):
            return trainer.ready(corpus, **how)
        if cache is not None:
            raise OptionError("cache serves corpora that are encoded on this machine, not those counted on a cluster")
        encoded = corpus
        if not isinstance(corpus, DistributedCorpus):
            encoded = self._encoded(trainer, corpus, how)
        if Cooccurrence not in trainer.takes:  # new words start from their contexts, which are looked up here
            return encoded if grow is None else encoded.gather()
        names = [f.name for f in fields(Counting) if f.name != "workers"]
        with self.cluster.faults():
            return count(encoded, progress=progress, **{name: getattr(trainer, name) for name in names})

    def _encoded(self, trainer: Any, corpus: Any, how: dict[str, Any]) -> DistributedCorpus:
        how = how | {name: value for name, value in trainer.reading().items() if name != "workers"}
        how.pop("cache")
        send = sends(self.cluster, corpus) if self.send is None else self.send
        with self.cluster.faults():
            where: dict[str, Any] = {"executor": self.cluster.executor(), "store": self.cluster.store()}
            made = encode_corpus(corpus, send=send, **where, **how)
        self._made.append(made)
        return made

    @contextmanager
    def descent(
        self,
        tables: Mapping[str, NDArray[np.float32]],
        rounds: Rounds,
        rates: Mapping[str, NDArray[np.float64]],
        corpus: Any,
        train: Any,
        fixed: Mapping[str, Any],
    ) -> Iterator[ClusterDescent]:
        """The replicas of some tables on the workers; the tables have the result when the block ends without error."""
        averagings = {name: rounds.averaging(rates[name]) for name in tables}
        descent = ClusterDescent(self.cluster, Replicas(tables, [], rounds, averagings), corpus, train, fixed)
        try:
            yield descent
            descent.refresh()
        finally:
            descent.close()


def train(
    corpus: Any, *, client: Any, model: str = "skipgram", replicas: int | None = None, **options: Any
) -> KeyedVectors:
    """Train the model of that name on a cluster; `options` are those of its class and of `fit` of this module.

    `client` is a Dask client, the address of a scheduler ("tcp://HOST:8786"), or "local:N" for N new processes of one
    thread each on this machine. Of the models, skipgram, cbow, fasttext, floret and hash train as `replicas` on the
    workers; glove, sn, ppmi-svd, pu and bitcipher count there and factorise here. The vectors are those of one machine
    with the same options, to the byte. OptionError for a model or an option that there is not; LibraryError without
    Dask; ClusterError for a cluster that cannot do the work.

    >>> from wordvec.distributed import train
    >>> vectors = train([["a", "b"]] * 20_000, client="local:2", vector_size=8)  # doctest: +SKIP
    """
    if model not in TRAINERS:
        raise OptionError(f"model must be one of {', '.join(TRAINERS)}; got {model!r}")
    own = {f.name for f in fields(TRAINERS[model])}
    if replicas is not None:
        options["replicas"] = replicas
    of_fit = {name: options.pop(name) for name in list(options) if name not in own}
    return fit(TRAINERS[model](**options), corpus, client=client, **of_fit)


def fit(trainer: Any, corpus: Any, *, client: Any, send: bool | None = None, **options: Any) -> KeyedVectors:
    """Train on a cluster; `options` are those of `trainer.fit`, and `client` is as in `train`.

    A text is encoded on the workers. They open its files themselves if all of them see the same ones; else, and always
    with `send`, it is read here and sent to them. An `EncodedCorpus` is sent. Where `replicas` of the trainer is not
    given it is the number of threads of all workers: it decides the result, so give it where results must repeat.
    """
    _check(trainer)
    with open_cluster(client) as cluster:
        if getattr(trainer, "replicas", 1) is None:
            threads = sum(worker.threads for worker in cluster.workers().values())
            LOG.info("replicas: %d, one for each thread of the workers", threads)
            trainer = replace(trainer, replicas=threads)
        engine = Engine(cluster, send)
        try:
            return _vectors(trainer.fit(corpus, cluster=engine, **options))
        finally:
            engine.close()


def _vectors(vectors: Any) -> KeyedVectors:
    assert isinstance(vectors, KeyedVectors)
    return vectors


def _check(trainer: Any) -> None:
    names = [name for name, one in TRAINERS.items() if _trains(one)]
    if not isinstance(trainer, WordTrainer) or not _trains(type(trainer)):
        told = getattr(trainer, "name", type(trainer).__name__)
        raise OptionError(f"model must be one of {', '.join(names)} to be trained on a cluster; got {told}")


def _trains(kind: type[Any]) -> bool:
    """Whether a model trains in replicas, or learns from counts."""
    return hasattr(kind, "replicas") or Cooccurrence in kind.takes


def sends(cluster: Cluster, corpus: Any) -> bool:
    """Whether a text must be sent to the workers, as not all of them see the files that are seen here."""
    if cluster.is_local:
        return False
    try:
        found = resolve(corpus, False)
    except CorpusError:  # encoding will tell
        return False
    if not isinstance(found, Files):
        return False
    here = [look(source.identity[0]) for source in found.inputs if source.identity is not None]
    with cluster.faults():
        answers = cluster.client.run(same_files, here, on_error="return")
    others = [cluster.named(address) for address, answer in answers.items() if answer is not True]
    if others:
        LOG.info("the text is sent to the workers: %s cannot open the same files", others[0])
    return bool(others)


def same_files(seen: list[Seen]) -> bool:
    """Whether this worker sees the same files."""
    try:
        return all(os.path.exists(one.path) and look(one.path) == one for one in seen)
    except OSError:
        return False
