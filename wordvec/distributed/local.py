"""A cluster of this machine: a scheduler in this process and workers in their own processes, ended with the block."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import wordvec
from wordvec.base.errors import ClusterError
from wordvec.base.libraries import library
from wordvec.corpus.scratch import scratch_folder
from wordvec.distributed.holdings import INSTALL

START = 60  # seconds that workers may take to start
_TOLD = 2000  # characters of what a worker said that could not start

# Arrays of wordvec do not lie where Dask could spill them; a worker that it paused would keep all others waiting.
# It also looks at itself fifty times a second, in each process, which takes 3 % of the time of two cores.
_RARELY = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "2s",
    "distributed.worker.memory.monitor-interval": "1s",
}
_SETTINGS = {
    **{f"DASK_{name.upper().replace('.', '__').replace('-', '_')}": str(value) for name, value in _RARELY.items()},
    **{f"DASK_DISTRIBUTED__WORKER__MEMORY__{name}": "False" for name in ("TARGET", "SPILL", "PAUSE", "TERMINATE")},
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")},
}


@contextmanager
def local_client(count: int) -> Iterator[Any]:
    """A Dask client of `count` new worker processes of one thread each; all of it ends with the block.

    It has no dashboard and listens at 127.0.0.1 only. The workers keep their files in a temporary folder. They end by
    themselves if this process is killed.
    """
    distributed = library("distributed", INSTALL, "for work on a cluster")
    quiet: dict[str, Any] = {"silence_logs": logging.CRITICAL, "dashboard_address": None}
    folders = scratch_folder(None, "set TMPDIR to a folder that can be written")
    with folders as folder, library("dask", INSTALL).config.set(_RARELY):
        web = {"dashboard": False, "dashboard_address": "127.0.0.1:0", "local_directory": str(folder)}
        quiet["scheduler_kwargs"] = web
        processes: list[subprocess.Popen[bytes]] = []
        with distributed.LocalCluster(
            n_workers=0, processes=False, protocol="tcp://", host="127.0.0.1", **quiet
        ) as scheduler:
            try:
                address, memory = scheduler.scheduler_address, _memory() // count
                for number in range(count):
                    processes.append(_start(address, number, memory, folder))
                with distributed.Client(address) as client:
                    _wait(client, processes, folder)
                    try:
                        yield client
                    finally:
                        _end(processes)
            finally:
                _end(processes)


def _memory() -> int:
    from distributed.system import MEMORY_LIMIT

    return int(MEMORY_LIMIT)


def _start(address: str, number: int, memory: int, folder: Path) -> subprocess.Popen[bytes]:
    options = {
        "name": str(number),
        "nthreads": 1,
        "host": "127.0.0.1",
        "dashboard": False,
        "memory_limit": memory,
        "local_directory": str(folder),
        "death_timeout": START,
    }
    spec = json.dumps({"cls": "distributed.Worker", "opts": options})
    own = str(Path(wordvec.__file__).resolve().parent.parent)  # the same library, wherever this process found it
    path = os.pathsep.join(filter(None, [own, os.environ.get("PYTHONPATH", "")]))
    with open(folder / f"worker-{number}.log", "wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", "spec", address, "--spec", spec],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **_SETTINGS, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C in the terminal is for this process, which ends them
        )


def _wait(client: Any, processes: list[subprocess.Popen[bytes]], folder: Path) -> None:
    """Wait until all workers are there; ClusterError where one ends, or it takes too long."""
    last = time.monotonic() + START
    while len(client.nthreads()) < len(processes):
        for number, process in enumerate(processes):
            if process.poll() is not None:
                said = (folder / f"worker-{number}.log").read_text("utf-8", "replace").strip()[-_TOLD:]
                raise ClusterError(
                    f"a worker of --cluster local must start; it ended with status {process.returncode}: {said}"
                )
        if time.monotonic() > last:
            raise ClusterError(f"the {len(processes)} workers must start within {START} seconds; use fewer of them")
        time.sleep(0.02)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Kill the workers, which have nothing to save, and wait for their end."""
    for process in processes:
        with suppress(OSError):
            process.kill()
    for process in processes:
        process.wait()
