"""Dask's executor runs encoding and counting, also where one of its workers is killed."""

import os
import signal
import threading

import numpy as np
import pytest

import wordvec
from wordvec.distributed import FolderStore, count, encode_corpus

distributed = pytest.importorskip("distributed", reason="dask and distributed are not installed")
pytestmark = pytest.mark.thorough


@pytest.fixture
def client():
    options = {"threads_per_worker": 1, "dashboard_address": None, "memory_limit": 0}
    with distributed.LocalCluster(2, **options) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.mark.parametrize("phase", ["counted/1", "ids/2", "run/1"])
def test_a_worker_that_is_killed_changes_nothing(tmp_path, zipf, client, phase):
    path = tmp_path / "text.txt"
    path.write_bytes(zipf * 3)
    expected = wordvec.encode_corpus(path, min_count=3, workers=1)
    workers = list(client.run(os.getpid).values())
    store = FolderStore(tmp_path / "store")
    done = threading.Event()

    def kill():
        while not done.wait(0.002):
            if any(phase.partition("/")[0] == part.name for part in (tmp_path / "store").glob("*/*")):
                os.kill(workers[0], signal.SIGKILL)
                return

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        corpus = encode_corpus(path, executor=client.get_executor(), store=store, min_count=3, parts=6)
        counts = count(corpus, window=3, min_count=3, parts=12)
    finally:
        done.set()
        killer.join()
    assert corpus.gather().fingerprint == expected.fingerprint and corpus.stats == expected.stats
    alone = wordvec.count(expected, window=3, workers=1)
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(counts, name), getattr(alone, name))
