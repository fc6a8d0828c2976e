"""Arrays that stay on the workers of a Dask cluster: who can read them, what moves, what is lost with a worker."""

import time

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

from wordvec.base.errors import OptionError
from wordvec.distributed.cluster import open_cluster
from wordvec.distributed.holdings import holdings_of
from wordvec.distributed.store import Lost, arrays_at


def on(cluster, number, function, *arguments):
    """The result of a function on one of the workers."""
    address = list(cluster.workers())[number]
    return cluster.client.submit(function, *arguments, workers=[address], pure=False).result()


def put_rows(store, name, count, first=0):
    store.put(name, {"rows": np.arange(first, first + 3 * count, dtype=np.float32).reshape(count, 3)})


def read_rows(store, name, start=0, stop=None):
    from distributed import get_worker

    held = holdings_of(get_worker())
    before = held.received
    rows = store.read(name, "rows", start, stop)
    return np.array(rows), held.received - before


def read_in_a_thread(store, name):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return np.array(pool.submit(store.read, name, "rows").result())


def _elsewhere(host):
    import wordvec.distributed.peers as peers

    peers.own_host, before = (lambda: host) if isinstance(host, str) else host, peers.own_host
    return before


@pytest.fixture
def apart(cluster):
    """Workers that are on other machines than the driver and each other, as far as they know."""
    before = cluster.client.run(_elsewhere, "")
    yield
    for address, host in before.items():
        cluster.client.run(_elsewhere, host, workers=[address])


def test_workers_of_one_machine_read_files_where_they_lie(cluster):
    store = cluster.store()
    on(cluster, 0, put_rows, store, "test/near", 100)
    rows, received = on(cluster, 1, read_rows, store, "test/near", 10, 12)
    assert rows.tolist() == [[30, 31, 32], [33, 34, 35]] and received == 0
    mapped = store.read("test/near", "rows", 99)
    on(cluster, 0, put_rows, store, "test/near", 100, 5)  # the file is replaced, not changed
    assert mapped.tolist() == [[297, 298, 299]] and not mapped.flags.writeable
    assert store.read("test/near", "rows", 99).tolist() == [[302, 303, 304]]
    store.drop("test/near")
    with pytest.raises(Lost):
        store.read("test/near", "rows")


def test_a_file_of_that_name_in_another_container_is_not_taken(cluster, monkeypatch):
    store = cluster.store()
    on(cluster, 0, put_rows, store, "test/other", 3)
    monkeypatch.setattr("wordvec.distributed.peers.arrays_at", lambda place: arrays_at(place._replace(inode=0)))
    assert store.read("test/other", "rows", 2).tolist() == [[6, 7, 8]]


def test_a_worker_reads_what_another_has_put_and_only_the_rows_it_asks_for_move(cluster, apart):
    store = cluster.store()
    on(cluster, 0, put_rows, store, "test/one", 100)
    rows, received = on(cluster, 1, read_rows, store, "test/one", 10, 12)
    assert rows.tolist() == [[30, 31, 32], [33, 34, 35]] and received == 2 * 3 * 4
    rows, received = on(cluster, 0, read_rows, store, "test/one", 99)
    assert rows.tolist() == [[297, 298, 299]] and received == 0


def test_threads_of_a_task_and_the_driver_read_and_put(cluster):
    store = cluster.store()
    put_rows(store, "test/driver", 4, first=7)
    expected = np.arange(7, 19).reshape(4, 3).tolist()
    assert on(cluster, 1, read_in_a_thread, store, "test/driver").tolist() == expected
    assert on(cluster, 0, read_rows, store, "test/driver")[0].tolist() == expected
    assert store.read("test/driver", "rows", 1, 1).shape == (0, 3)
    assert store.read("test/driver", "rows").tolist() == expected


def test_an_array_of_several_messages_is_whole(cluster, apart):
    store = cluster.store()
    on(cluster, 0, put_rows, store, "test/long", 3_000_000)
    rows, received = on(cluster, 1, read_rows, store, "test/long", 1)
    assert np.array_equal(rows.ravel(), np.arange(3, 9_000_000, dtype=np.float32)) and received == rows.nbytes


def test_what_was_dropped_is_lost_and_its_neighbours_are_not(cluster):
    store = cluster.store()
    for name in ("test/drop/a", "test/drop/b", "test/dropped"):
        on(cluster, 0, put_rows, store, name, 2)
    on(cluster, 1, read_rows, store, "test/drop/a")
    store.drop("test/drop")
    for number in (0, 1):
        with pytest.raises(Lost, match="test/drop/a"):
            on(cluster, number, read_rows, store, "test/drop/a")
    assert len(on(cluster, 1, read_rows, store, "test/dropped")[0]) == 2


def test_names_and_rows_that_there_are_not(cluster):
    store = cluster.store()
    put_rows(store, "test/few", 2)
    with pytest.raises(Lost, match="test/none"):
        store.read("test/none", "rows")
    with pytest.raises(OptionError, match="must have an array 'others'"):
        store.read("test/few", "others")
    with pytest.raises(OptionError, match="rows must lie within the 2"):
        store.read("test/few", "rows", 1, 3)
    for name in ("../secret", "/etc/passwd", "a//b", ""):
        with pytest.raises(OptionError, match="a name must be words"):
            store.put(name, {})


@pytest.mark.thorough
def test_the_last_holder_that_dies_takes_the_arrays_with_it():
    """Two workers hold a name, one of them both names; the one is killed."""
    with open_cluster("local:2") as cluster:
        store = cluster.store()
        on(cluster, 0, put_rows, store, "both", 2)
        on(cluster, 0, put_rows, store, "one", 2)
        on(cluster, 1, put_rows, store, "both", 2)
        pids = cluster.client.run(_process)
        first, second = cluster.workers()
        kill(pids[first])
        while first in cluster.workers():
            time.sleep(0.05)
        assert cluster.client.submit(read_rows, store, "both", workers=[second]).result()[0].shape == (2, 3)
        with pytest.raises(Lost, match="one"):
            cluster.client.submit(read_rows, store, "one", workers=[second]).result()
        put_rows(store, "again", 5)  # the store goes on with the worker that is left
        assert store.read("again", "rows").shape == (5, 3)


def _process():
    import os

    return os.getpid()


def kill(process):
    import os
    import signal

    os.kill(process, signal.SIGKILL)


def test_a_session_ends_with_its_client(cluster):
    """A driver that is killed leaves nothing on the workers of a cluster that goes on."""
    from distributed import Client

    from wordvec.distributed.cluster import Cluster

    with Client(cluster.client.scheduler.address, set_as_default=False) as other:
        joined = Cluster(other)
        store = joined.store()
        put_rows(store, "left", 2)
        assert sum(cluster.client.run(_holds, store.session).values()) == 1
        # no close(): the client is lost with its process
    last = time.monotonic() + 10
    while any(cluster.client.run(_holds, store.session).values()):
        assert time.monotonic() < last
        time.sleep(0.05)


def _holds(session, dask_worker):
    import os

    return os.path.exists(os.path.join(dask_worker.local_directory, "wordvec", session))
