"""Starting and joining clusters, and the checks of their workers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

from wordvec.base.errors import ClusterError, OptionError
from wordvec.base.simd import simd_level
from wordvec.base.version import __version__
from wordvec.distributed import cluster as module
from wordvec.distributed.cluster import checked, open_cluster, parsed


@pytest.mark.parametrize(
    "text", ["local", "local:0", "local:-1", "local:9999", "10.0.0.1:8786", "tcp://host", "", None]
)
def test_a_cluster_is_local_or_an_address(text):
    with pytest.raises(OptionError, match="cluster must be local:N, tcp://HOST:PORT or tls://HOST:PORT"):
        parsed(text)


def test_workers_are_known(cluster):
    workers = cluster.workers()
    assert len(workers) == 2 and list(workers) == sorted(workers)
    assert {worker.threads for worker in workers.values()} == {1}
    assert all(worker.memory > 1 << 20 and worker.host for worker in workers.values())
    assert cluster.level() == simd_level()


def test_a_scheduler_that_is_not_there(monkeypatch):
    monkeypatch.setattr(module, "CONNECT", 0.5)
    with (
        pytest.raises(ClusterError, match=r"a Dask scheduler must answer at tcp://127.0.0.1:9"),
        open_cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_scheduler_without_workers(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(module, "CONNECT", 0.5)
    quiet = {
        "processes": False,
        "protocol": "tcp://",
        "dashboard_address": None,
        "scheduler_kwargs": {"dashboard_address": ":0"},
    }
    with LocalCluster(n_workers=0, **quiet) as empty:
        with pytest.raises(ClusterError, match="must have workers; none came"), open_cluster(empty.scheduler_address):
            pass


def test_a_worker_of_another_version_is_named():
    same = {"version": __version__, "host": "beta", "level": 0, "memory": 1}
    assert checked("tcp://b:1", same, 1).host == "beta"
    with pytest.raises(ClusterError, match=r"tcp://b:1 on beta must run wordvec .* it runs 0\.0\.1"):
        checked("tcp://b:1", {"version": "0.0.1", "host": "beta"}, 1)
    with pytest.raises(ClusterError, match=r"tcp://b:1 must run wordvec .* no such library"):
        checked("tcp://b:1", ModuleNotFoundError("No module named 'wordvec'"), 1)
    with pytest.raises(ClusterError, match="on beta must be able to work; it says: no"):
        checked("tcp://b:1", same | {"problem": "no"}, 1)


def test_a_worker_that_runs_another_version_is_refused(cluster):
    """The question is sent by value, so that a worker without this module can answer."""
    from distributed import Client

    from wordvec.distributed.cluster import Cluster

    def pretend(version):
        import wordvec.base.version

        wordvec.base.version.__version__ = version

    first = next(iter(cluster.workers()))
    with Client(cluster.client.scheduler.address, set_as_default=False) as client:
        client.run(pretend, "9.9", workers=[first])
        try:
            with pytest.raises(ClusterError, match=r"must run wordvec .*; it runs 9\.9: install the same version"):
                Cluster(client).workers()
        finally:
            client.run(pretend, __version__, workers=[first])


SCRIPT = """
import sys, time
from wordvec.distributed.cluster import open_cluster
with open_cluster("local:2") as cluster:
    print(*cluster.client.run(lambda: __import__("os").getpid()).values(), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(getattr(signal, "SIGKILL", 9), marks=pytest.mark.thorough)]
)
def test_nothing_is_left_when_the_driver_ends(number, tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(module.__file__).parents[2])}
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as driver:
        assert driver.stdout is not None
        workers = [int(word) for word in driver.stdout.readline().split()]
        assert len(workers) == 2
        driver.send_signal(number)
        driver.wait(5)
    last = time.monotonic() + 10
    while any(map(is_alive, workers)):
        assert time.monotonic() < last
        time.sleep(0.05)
    if number == signal.SIGINT:
        assert list(tmp_path.iterdir()) == []


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:1]
