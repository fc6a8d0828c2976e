"""Clusters: started on this machine, joined at a scheduler's address, or a client that is given; checks of workers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from wordvec.base.errors import ClusterError, OptionError, WordvecError
from wordvec.base.libraries import library
from wordvec.base.simd import simd_level
from wordvec.base.version import __version__
from wordvec.distributed.holdings import INSTALL
from wordvec.distributed.local import local_client
from wordvec.distributed.peers import PeerStore

CONNECT = 15  # seconds to reach a scheduler, and for its first worker to come
_FORMS = "local:N, tcp://HOST:PORT or tls://HOST:PORT"


class Place(NamedTuple):
    """What `--cluster` says: a number of local workers, or the address of a scheduler."""

    workers: int
    address: str


def parsed(text: str) -> Place:
    """`local:N` or an address; OptionError for all else.

    >>> parsed("local:4"), parsed("tcp://10.0.0.1:8786")
    (Place(workers=4, address=''), Place(workers=0, address='tcp://10.0.0.1:8786'))
    """
    if isinstance(text, str):
        if (found := re.fullmatch(r"local:([0-9]{1,4})", text)) and 1 <= int(found[1]) <= 1024:
            return Place(int(found[1]), "")
        if re.fullmatch(r"(tcp|tls)://[^\s/]+:[0-9]{1,5}", text):
            return Place(0, text)
    raise OptionError(f"cluster must be {_FORMS}, with N from 1 to 1024; got {text!r:.80}")


@dataclass(frozen=True)
class Worker:
    """What is known of a worker."""

    address: str
    host: str  # the name of its machine
    level: int  # its best SIMD level
    memory: int  # bytes it may use
    threads: int

    def __str__(self) -> str:
        return f"{self.address} on {self.host}"


class Cluster:
    """A Dask client, its workers of the same version of wordvec, and what they are asked to do.

    `workers()` asks who is there now; a worker is checked when it is seen for the first time.
    """

    def __init__(self, client: Any, is_local: bool = False) -> None:
        self.client, self.is_local = client, is_local
        self._known: dict[str, Worker] = {}
        self._store: PeerStore | None = None

    def workers(self) -> dict[str, Worker]:
        """The workers that are there now, by address in order; ClusterError for one that runs another version."""
        with self.faults():
            threads = self.client.nthreads()
            new = [address for address in threads if address not in self._known]
            answers = self.client.run(_facts(), workers=new, on_error="return") if new else {}
        for address, answer in answers.items():
            if not isinstance(answer, OSError):  # else it has gone in the meantime
                self._known[address] = checked(address, answer, threads[address])
        return {address: self._known[address] for address in sorted(threads) if address in self._known}

    def level(self) -> int:
        """The lowest SIMD level of this process and all workers that are there."""
        return min([simd_level(), *(worker.level for worker in self.workers().values())])

    def store(self) -> PeerStore:
        """The store of this cluster, whose arrays stay with the workers that put them; the same at every call."""
        if self._store is None:
            self._store = PeerStore(self.client, list(self.workers()))
        return self._store

    def executor(self) -> Executor:
        """An executor whose tasks run on any worker, and again on another one if a worker dies."""
        executor: Any = self.client.get_executor(pure=False)
        with self.faults():  # as other executors have it: encoding and counting cut their work by it
            executor._max_workers = sum(self.client.nthreads().values())
        told: Executor = executor
        return told

    def close(self) -> None:
        """Forget everything that the store holds; nothing happens where the cluster is gone."""
        if self._store is not None:
            self._store.close()
            self._store = None

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Errors of Dask as a ClusterError that says what to do; wordvec's own pass."""
        if self.client.status != "running":  # Dask would try to connect again; but workers end with their scheduler
            raise self.scheduler_lost()
        try:
            yield
        except WordvecError:
            raise
        except (OSError, TimeoutError, CancelledError) as error:
            if isinstance(error, CancelledError) or self._is_closing():
                raise self.scheduler_lost() from error
            raise ClusterError(f"the workers must be reached; {_first_line(error)}: look at their machines") from error
        except Exception as error:
            if type(error).__name__ == "KilledWorker":
                where = getattr(getattr(error, "last_worker", None), "address", "a worker")
                raise ClusterError(
                    f"a task must end; {self.named(where)} was the last of several workers that died with it, "
                    "perhaps for lack of memory: look at its log, or use workers with more memory"
                ) from error
            raise

    def _is_closing(self) -> bool:
        """Whether the client has lost its scheduler, which it may notice a little later than a failing call."""
        last = time.monotonic() + 1
        while self.client.status == "running" and time.monotonic() < last:
            time.sleep(0.05)
        return bool(self.client.status != "running")

    def named(self, address: str) -> str:
        """The address of a worker with the name of its machine, where that is known."""
        return str(self._known.get(address, address))

    def scheduler_lost(self) -> ClusterError:
        """The error where the scheduler does not answer."""
        where = getattr(getattr(self.client, "scheduler", None), "address", "its address")
        return ClusterError(
            f"the scheduler must stay until the end; the one at {where} is lost: start it again, and go on from the "
            "last checkpoint with --resume if --checkpoint was given"
        )


@contextmanager
def open_cluster(where: Any) -> Iterator[Cluster]:
    """The cluster that `local:N`, an address or a Dask client names; what was started here ends with the block.

    LibraryError without Dask; ClusterError where a scheduler cannot be reached or has no workers.
    """
    if isinstance(where, Cluster):
        yield where
        return
    distributed = library("distributed", INSTALL, "for work on a cluster")
    is_given = isinstance(where, distributed.Client)
    place = Place(0, "") if is_given else parsed(where)
    if is_given:
        opened: Any = _given(where)
    else:
        opened = local_client(place.workers) if place.workers else _joined(distributed, place.address)
    with opened as client:
        cluster = Cluster(client, bool(place.workers))
        try:
            yield cluster
        finally:
            cluster.close()


@contextmanager
def _given(client: Any) -> Iterator[Any]:
    if client.asynchronous:
        raise OptionError("client must be a Dask client that is not asynchronous; make it with asynchronous=False")
    yield client


@contextmanager
def _joined(distributed: Any, address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(address, timeout=CONNECT)
    except (OSError, TimeoutError, ValueError, TypeError) as error:  # the last two: no certificates for tls
        raise ClusterError(
            f"a Dask scheduler must answer at {address}; {_first_line(error)}: start it there with `dask scheduler`, "
            "and let its port through"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT)
        except TimeoutError as error:
            raise ClusterError(
                f"the scheduler at {address} must have workers; none came within {CONNECT} seconds: start some with "
                f"`dask worker {address}`"
            ) from error
        yield client


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def checked(address: str, answer: Any, threads: int) -> Worker:
    """What a worker has answered; ClusterError where it has another version of wordvec, or none."""
    if isinstance(answer, BaseException):
        raise ClusterError(
            f"the worker {address} must run wordvec {__version__}, as this process does; it has no such library "
            f"({_first_line(answer)}): install the same version there"
        )
    if answer["version"] != __version__:
        raise ClusterError(
            f"the worker {address} on {answer['host']} must run wordvec {__version__}, as this process does; it runs "
            f"{answer['version']}: install the same version there"
        )
    if problem := answer.get("problem"):
        raise ClusterError(f"the worker {address} on {answer['host']} must be able to work; it says: {problem}")
    return Worker(address, answer["host"], answer["level"], answer["memory"], threads)


def _facts() -> Callable[..., dict[str, Any]]:
    """A function that says what a worker is; pickled by value, as the worker may have another version, or none."""

    def facts(dask_worker: Any) -> dict[str, Any]:
        import socket

        from wordvec.base.version import __version__ as version

        answer: dict[str, Any] = {"version": version, "host": socket.gethostname()}
        try:
            from wordvec.base.simd import simd_level
            from wordvec.distributed.exchange import exchange_of
            from wordvec.distributed.holdings import holdings_of

            holdings_of(dask_worker), exchange_of(dask_worker)
            answer["level"] = simd_level()
            limit = getattr(dask_worker.memory_manager, "memory_limit", None)
            if not limit:
                import psutil

                limit = psutil.virtual_memory().total
            answer["memory"] = int(limit)
        except Exception as error:
            answer["problem"] = f"{type(error).__name__}: {error}"
        return answer

    return facts
