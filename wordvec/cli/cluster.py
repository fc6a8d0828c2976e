"""The flags --cluster and --send, of verbs whose work a Dask cluster can do."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError

if TYPE_CHECKING:
    from wordvec.cooccurrence import Cooccurrence


def add_cluster(parser: ArgumentParser) -> None:
    """The flags."""
    parser.add_argument(
        "--cluster",
        metavar="local:N|ADDRESS",
        help="work on a Dask cluster: N new processes on this machine, or a scheduler, such as tcp://HOST:8786",
    )
    parser.add_argument(
        "--send", action="store_true", help="send the text to the workers of --cluster, even if they see its files"
    )


def cluster_of(arguments: Namespace) -> str | None:
    """Where the cluster is, None without one; OptionError before any work for what is none."""
    if arguments.cluster is None:
        if arguments.send:
            raise OptionError("--send needs --cluster, to whose workers the text is sent")
        return None
    from wordvec.distributed.cluster import parsed

    where: str = arguments.cluster
    parsed(where)
    return where


def fit_on(where: str | None, arguments: Namespace, trainer: Any, corpus: Any, **how: Any) -> Any:
    """The vectors, trained by this process or on a cluster."""
    if where is None:
        return trainer.fit(corpus, **how)
    from wordvec.distributed import fit

    return fit(trainer, corpus, client=where, send=arguments.send or None, **how)


def count_on(where: str, arguments: Namespace, corpus: Any, **how: Any) -> Cooccurrence:
    """The counts of a corpus, counted on a cluster."""
    if how.pop("cache") is not None or arguments.checkpoint is not None:
        raise OptionError(
            "--cache and --checkpoint must be left out with --cluster, which keeps nothing on this machine"
        )
    from wordvec.distributed import count, open_cluster
    from wordvec.distributed.training import sends

    with open_cluster(where) as cluster:
        send = arguments.send or sends(cluster, corpus)
        with cluster.faults():
            return count(corpus, executor=cluster.executor(), store=cluster.store(), send=send, **how)
