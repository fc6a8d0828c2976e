"""Training on a cluster: the bytes of one machine, whatever the workers, and whichever of them die."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

import wordvec
from wordvec.base.errors import ClusterError, CorpusError, OptionError, TrainingError
from wordvec.distributed import count, fit, train
from wordvec.distributed import descent as module
from wordvec.distributed import local as local_module
from wordvec.distributed.cluster import Cluster, Worker, open_cluster
from wordvec.distributed.descent import shared_out

SIDES = ("scheduler", "worker", "client")
SMALL = {"vector_size": 8, "epochs": 2, "replicas": 5, "sync": 10_000}
MORE = {"fasttext": {"bucket": 2000}, "floret": {"bucket": 2000}, "hash": {"scheme": "importance"}}


def file_of(vectors, folder):
    path = folder / "vectors.safetensors"
    vectors.save(path, force=True) if path.exists() else vectors.save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def expected(sample, tmp_path_factory):
    """The bytes of the file that one machine makes."""
    return file_of(wordvec.train(sample, **SMALL), tmp_path_factory.mktemp("one"))


class Some(Cluster):
    """A cluster of which only some workers are seen."""

    def __init__(self, cluster, count):
        super().__init__(cluster.client)
        self.count = count

    def workers(self):
        return dict(list(super().workers().items())[: self.count])


@pytest.mark.parametrize("count", [1, 2])
def test_the_bytes_are_those_of_one_machine(cluster, count, sample, expected, tmp_path):
    assert file_of(train(sample, client=Some(cluster, count), **SMALL), tmp_path) == expected


def test_the_bytes_are_the_same_where_rows_must_be_sent(cluster, encoded_sample, expected, tmp_path):
    """As between machines; the others of these tests read the tables of their neighbours."""
    before = sum(cluster.client.run(_sent).values())
    cluster.client.run(_apart, True)
    try:
        assert file_of(fit(wordvec.SkipGram(**SMALL), encoded_sample, client=cluster), tmp_path) == expected
    finally:
        cluster.client.run(_apart, False)
    sent = sum(cluster.client.run(_sent).values()) - before
    rounds, rows = 2 * 6, 2 * len(encoded_sample.vocabulary)
    assert 0.5 * rounds * rows * 8 * 4 < sent < 4 * rounds * rows * 8 * 4


def test_an_encoded_folder_is_sent(cluster, encoded_sample, expected, tmp_path):
    """As with --phrases, where the text is encoded here."""
    encoded_sample.save(tmp_path / "corpus")
    assert file_of(fit(wordvec.SkipGram(**SMALL), tmp_path / "corpus", client=cluster), tmp_path) == expected
    with pytest.raises(CorpusError, match="encoded already: train on it as it is"):
        count(tmp_path / "corpus", executor=cluster.executor(), store=cluster.store())


def _sent(dask_worker):
    from wordvec.distributed.exchange import exchange_of

    return exchange_of(dask_worker).sent


def _apart(are_apart):
    import wordvec.distributed.exchange as exchange
    import wordvec.distributed.segments as segments
    from wordvec.distributed.neighbours import same_host

    segments.same_host = exchange.same_host = (lambda one, other: False) if are_apart else same_host


@pytest.mark.parametrize(
    "model",
    ["fasttext", "hash", "ppmi-svd", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("cbow", "floret"))],
)
def test_other_models(cluster, model, sample, tmp_path):
    options = {"vector_size": 8, **MORE.get(model, {})}
    if model != "ppmi-svd":
        options |= {"epochs": 1, "replicas": 3}
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir(), two.mkdir()
    alone, spread = wordvec.train(sample, model=model, **options), train(sample, client=cluster, model=model, **options)
    assert file_of(spread, two) == file_of(alone, one)


def test_encoded_text_init_context_callbacks_and_hierarchical_softmax(cluster, encoded_sample, skipgram):
    options = {"vector_size": 64, "epochs": 2, "replicas": 3}
    start = wordvec.SkipGram(**options).fit(encoded_sample, keep_context=True, init=skipgram)
    seen = []

    def note(epoch):
        seen.append((epoch.loss, np.array(epoch.vectors.vectors)))
        return epoch.number == 1

    spread = fit(
        wordvec.SkipGram(**options), encoded_sample, client=cluster, keep_context=True, init=skipgram, callbacks=note
    )
    assert spread.metadata["loss"] == start.metadata["loss"][:1] == [seen[0][0]]
    assert np.array_equal(seen[0][1], spread.vectors) and not np.array_equal(start.vectors, spread.vectors)
    assert spread.context.shape == spread.vectors.shape
    deep = wordvec.SkipGram(vector_size=8, epochs=1, replicas=2, hs=True)
    assert np.array_equal(fit(deep, encoded_sample, client=cluster).vectors, deep.fit(encoded_sample).vectors)


def test_a_worker_that_comes_later_is_used(cluster, encoded_sample, expected, tmp_path, monkeypatch):
    joined, used, start = Some(cluster, 1), [], module.ClusterDescent._start

    def noted(self, epoch, round):
        start(self, epoch, round)
        used.append(len(self.attempt.workers))

    def come(epoch):
        joined.count = 2

    monkeypatch.setattr(module.ClusterDescent, "_start", noted)
    vectors = fit(wordvec.SkipGram(**SMALL), encoded_sample, client=joined, callbacks=come)
    assert file_of(vectors, tmp_path) == expected and used == [1, 2]


def test_replicas_are_the_threads_of_the_workers_unless_they_are_given(cluster, encoded_sample):
    vectors = fit(wordvec.SkipGram(vector_size=8, epochs=1), encoded_sample, client=cluster)
    assert vectors.metadata["options"]["replicas"] == 2 and "simd" in vectors.metadata


def test_nothing_is_left_on_the_workers(cluster, sample):
    for what in (_files, _held):
        assert [found for found in cluster.client.run(what).values() if found] == []


def _held(dask_worker):
    """The attempts whose tables a worker still serves."""
    from wordvec.distributed.exchange import exchange_of

    return [run for run, meeting in exchange_of(dask_worker).meetings.items() if meeting.serve is not None]


def _files(dask_worker):
    from pathlib import Path

    from wordvec.distributed.holdings import holdings_of

    folder = Path(dask_worker.local_directory, "wordvec")
    own = [str(path) for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    return [name for name in own if "/test/" not in name] + list(holdings_of(dask_worker).objects)


def test_what_cannot_be_trained_is_said_before_any_work(cluster, sample, encoded_sample):
    with pytest.raises(OptionError, match=r"model must be one of skipgram, .*; got cmow"):
        train(sample, client=cluster, model="cmow")
    with pytest.raises(OptionError, match="replicas must be at most"):
        fit(wordvec.SkipGram(replicas=1000), encoded_sample, client=cluster)
    with pytest.raises(OptionError, match="cluster serves models"):
        wordvec.CMOW(vector_size=4).fit(encoded_sample, cluster=object())
    with pytest.raises(CorpusError, match="there is no file"):
        train("nothing.txt", client=cluster)


def test_divergence_is_told(cluster, encoded_sample):
    with pytest.raises(TrainingError, match="training diverged in epoch 1 of 2"):
        fit(wordvec.SkipGram(**SMALL, alpha=1e5), encoded_sample, client=cluster)


def test_tables_that_do_not_fit_a_worker(cluster, encoded_sample, monkeypatch):
    workers = {address: replace(worker, memory=100_000) for address, worker in cluster.workers().items()}
    monkeypatch.setattr(Cluster, "workers", lambda self: workers)
    with pytest.raises(ClusterError, match=r"a worker must hold 4 copies of the tables .* on .* may use 0.0001 GB"):
        fit(wordvec.SkipGram(**SMALL), encoded_sample, client=cluster)


def test_replicas_are_shared_out_by_threads():
    workers = [Worker(name, "host", 0, 1, threads) for name, threads in (("a", 1), ("b", 4), ("c", 1))]
    assert shared_out(6, workers) == (("a", 0, 1), ("b", 1, 5), ("c", 5, 6))
    assert shared_out(1, workers) == (("c", 0, 1),)  # the others have nothing to do


def test_the_text_is_sent_where_a_worker_does_not_see_it(cluster, sample, expected, tmp_path, monkeypatch):
    """Two workers of which one sees another file."""
    import wordvec.distributed.training as training

    text = tmp_path / "text.txt"
    text.write_bytes(sample.read_bytes())
    joined = Cluster(cluster.client)
    assert not training.sends(joined, str(text))
    first = next(iter(cluster.workers()))
    cluster.client.run(_other_file, str(text), workers=[first])
    try:
        assert training.sends(joined, str(text))
        assert file_of(train(text, client=joined, **SMALL), tmp_path) == expected
    finally:
        cluster.client.run(_same_file, workers=[first])


def _other_file(path):
    import wordvec.distributed.training as training

    training.kept, training.look = training.look, lambda one: training.kept(one)._replace(size=1)


def _same_file():
    import wordvec.distributed.training as training

    training.look = training.kept


@pytest.fixture(scope="module")
def mortal(tmp_path_factory):
    """Three workers, and a function that starts another one for each that was killed."""
    processes = []
    with open_cluster("local:3") as cluster:
        address = cluster.client.scheduler.address

        def replenish():
            folder = tmp_path_factory.mktemp("worker")
            processes.append(local_module._start(address, 100 + len(processes), 1 << 32, folder))
            while len(cluster.client.nthreads()) < 3:
                time.sleep(0.02)

        try:
            yield cluster, replenish
        finally:
            local_module._end(processes)


def _mortally(place, name, calls):
    """Make a function of the worker kill its process at one of its calls."""
    import importlib

    path, _, of = place.partition(":")
    owner = importlib.import_module(path)
    owner = getattr(owner, of) if of else owner
    original, left = getattr(owner, name), [calls]

    def killed(*arguments, **named):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)

    setattr(owner, name, killed)


PHASES = {
    "setting up": ("wordvec.distributed.segments:Trainee", "__init__", 1),
    "reading its share": ("wordvec.distributed.segments:Trainee", "_share", 2),
    "training": ("wordvec.distributed.segments:Trainee", "step", 4),
    "training again": ("wordvec.distributed.segments:Trainee", "step", 13),
    "adding up": ("wordvec.distributed.exchange:Share", "average", 3),
    "serving": ("wordvec.distributed.exchange:Meeting", "reached", 5),
    "gathering": ("wordvec.distributed.exchange:Share", "take_near", 2),
    "saving": ("wordvec.distributed.segments:Trainee", "save", 1),
    "saving the last": ("wordvec.distributed.segments:Trainee", "save", 2),
}
QUICK: list = ["training"]
SLOW = [pytest.param(name, marks=pytest.mark.thorough) for name in PHASES if name not in QUICK]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("phase", QUICK + SLOW)
def test_a_worker_that_is_killed_changes_nothing(phase, mortal, encoded_sample, sample, expected, tmp_path):
    cluster, replenish = mortal
    victim = list(cluster.workers())[1]
    cluster.client.run(_mortally, *PHASES[phase], workers=[victim])
    assert file_of(fit(wordvec.SkipGram(**SMALL), encoded_sample, client=cluster), tmp_path) == expected
    assert victim not in cluster.workers()
    replenish()


@pytest.mark.thorough
@pytest.mark.parametrize("function", ["count_part", "renumber_part"])
def test_a_worker_that_is_killed_while_it_encodes(function, mortal, sample, expected, tmp_path):
    cluster, replenish = mortal
    victim = list(cluster.workers())[1]
    cluster.client.run(_mortally, "wordvec.distributed.holdings:Holdings", "put", 1 if function == "count_part" else 2)
    cluster.client.run(_spared, workers=[one for one in cluster.workers() if one != victim])
    assert file_of(train(sample, client=cluster, **SMALL), tmp_path) == expected
    replenish()


def _spared():
    import wordvec.distributed.holdings as peers

    put = peers.Holdings.put
    peers.Holdings.put = put.__closure__[[c for c in put.__code__.co_freevars].index("original")].cell_contents


def test_a_disk_that_is_full_is_told_with_its_host(cluster, encoded_sample):
    first = next(iter(cluster.workers()))
    cluster.client.run(_full, True, workers=[first])
    try:
        with pytest.raises(
            ClusterError, match=rf"the worker {first} on \S+ must do its part; it says: .*No space left"
        ):
            fit(wordvec.SkipGram(**SMALL), encoded_sample, client=cluster)
    finally:
        cluster.client.run(_full, False, workers=[first])
    assert len(fit(wordvec.SkipGram(**SMALL), encoded_sample, client=cluster)) > 0


def _full(is_full):
    import errno

    import wordvec.distributed.segments as segments

    def no_space(descriptor, start, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    segments.os.posix_fallocate, segments.kept = (
        (no_space, segments.os.posix_fallocate) if is_full else (segments.kept, None)
    )


@pytest.mark.thorough
def test_when_all_workers_are_lost(encoded_sample, monkeypatch):
    monkeypatch.setattr(module, "RETURN", 0.5)
    with open_cluster("local:1") as cluster:
        cluster.client.run(_mortally, *PHASES["training"])
        with pytest.raises(ClusterError, match=r"a worker must be left; all were lost .* --resume"):
            fit(wordvec.SkipGram(**SMALL), encoded_sample, client=cluster)


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_scheduler_that_is_killed(encoded_sample, tmp_path):
    told = tmp_path / "scheduler.json"
    options = {
        "host": "127.0.0.1",
        "port": 0,
        "scheduler_file": str(told),
        "dashboard": False,
        "dashboard_address": ":0",
    }
    spec = json.dumps({"cls": "distributed.Scheduler", "opts": options})
    command = [sys.executable, "-m", "dask", "spec", "--spec", spec]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=tmp_path) as scheduler:
        while not told.exists() or not told.read_text():
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        worker = local_module._start(address, 1, 1 << 32, tmp_path)
        try:
            with open_cluster(address) as cluster:

                def end(epoch):
                    scheduler.kill()

                start = time.monotonic()
                with pytest.raises(ClusterError, match="the scheduler must stay until the end"):
                    fit(wordvec.SkipGram(**SMALL), encoded_sample, client=cluster, callbacks=end)
                assert time.monotonic() - start < 30
        finally:
            scheduler.kill()
            local_module._end([worker])


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by openssl")
def test_a_cluster_with_tls(sample, expected, tmp_path):
    """Each side must show a certificate; the driver's stands in Dask's configuration."""
    from dask import config
    from distributed import LocalCluster
    from distributed.security import Security

    cert, key = (str(tmp_path / name) for name in ("cert.pem", "key.pem"))
    asked = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=wordvec"]
    subprocess.run(["openssl", *asked, "-keyout", key, "-out", cert], check=True, capture_output=True)
    files = {f"tls_{side}_{kind}": path for side in SIDES for kind, path in (("cert", cert), ("key", key))}
    security = Security(tls_ca_file=cert, require_encryption=True, **files)
    how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "protocol": "tls://"}
    with LocalCluster(security=security, **how) as secured:
        address = secured.scheduler_address
        with pytest.raises(ClusterError, match="must answer at tls://"):
            train(sample, client=address, **SMALL)
        own = {"ca-file": cert, "client.cert": cert, "client.key": key}
        with config.set({f"distributed.comm.tls.{name}": path for name, path in own.items()}):
            assert file_of(train(sample, client=address, **SMALL), tmp_path) == expected


def test_checkpoints_on_a_cluster(cluster, encoded_sample, expected, tmp_path, monkeypatch):
    """A run that ends in its second epoch goes on from what was saved, to the same bytes."""
    from wordvec import Checkpoint

    trainer, folder = wordvec.SkipGram(**SMALL), tmp_path / "kept"
    seen = []

    def end(epoch):
        seen.append(epoch.number)
        if epoch.number == 2 and len(seen) == 2:
            raise RuntimeError("the driver ends")

    options = {"client": cluster, "callbacks": end}
    with pytest.raises(RuntimeError, match="the driver ends"):
        fit(trainer, encoded_sample, checkpoint=Checkpoint(folder, every="1epochs"), **options)
    again = fit(trainer, encoded_sample, checkpoint=Checkpoint(folder, resume=True), **options)
    assert seen == [1, 2, 2] and file_of(again, tmp_path) == expected


def test_checkpoints_within_an_epoch(cluster, encoded_sample, expected, tmp_path, monkeypatch):
    """Saved between two segments: the rounds after the last one are done again."""
    from wordvec import Checkpoint
    from wordvec.distributed.descent import ClusterDescent
    from wordvec.optim.checkpoints import Checkpoints

    monkeypatch.setattr(module, "FEWEST", 1)
    monkeypatch.setattr(module, "SEGMENT", 0.0)
    monkeypatch.setattr(ClusterDescent, "_is_full", lambda self, done: done in (2, self.rounds.count))
    trainer, folder = wordvec.SkipGram(**SMALL), tmp_path / "kept"
    saved, started = [], []
    save, start = Checkpoints.save, ClusterDescent._start

    def noted(self, *arguments, **named):
        saved.append(1)
        return save(self, *arguments, **named)

    def counted(self, epoch, round):
        start(self, epoch, round)
        started.append((self.attempt.segment.epoch, self.attempt.segment.first, self.attempt.segment.last))
        if len(started) == 4:
            raise RuntimeError("the driver ends")

    monkeypatch.setattr(Checkpoints, "save", noted)
    monkeypatch.setattr(ClusterDescent, "_start", counted)
    with pytest.raises(RuntimeError, match="the driver ends"):
        fit(trainer, encoded_sample, client=cluster, checkpoint=Checkpoint(folder, every="0.01s"))
    assert saved
    again = fit(trainer, encoded_sample, client=cluster, checkpoint=Checkpoint(folder, resume=True))
    assert file_of(again, tmp_path) == expected
    assert started[4][0] >= started[0][0] and started[4] != started[0]
