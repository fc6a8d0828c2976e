"""Ctrl-C: whatever takes long ends within tenths of a second, and leaves no thread behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from wordvec.base.threads import thread_pool
from wordvec.optim.epochs import Running, Runs

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to a process")

LIMIT = 10  # seconds, on a machine with much else to do; on an idle one it is less than 0.5 for each of these
CHILD = """
import sys, threading, numpy as np, wordvec
from wordvec import align, search
from wordvec.classify import TextClassifier
from wordvec import PVDBOW, PVDM, Sent2Vec
from wordvec.texts import TextEncoder

rng = np.random.default_rng(0)

def corpus(tokens=1_000_000, types=1000):
    ids = (types * rng.random(tokens) ** 2).astype(np.int32)
    return wordvec.encode_corpus((ids, np.arange(0, tokens + 1, 25)), min_count=1)

def texts(count, types=2000):
    return [" ".join(map(str, row)) for row in (types * rng.random((count, 20)) ** 2).astype(int).tolist()]

def vectors(count, size):
    return wordvec.KeyedVectors([str(i) for i in range(count)], rng.standard_normal((count, size), np.float32))

def say(*words):
    print(*words, flush=True)

for line in sys.stdin:
    prepare, work = line.rstrip("\\n").split("\\t")
    names = dict(globals())
    exec(prepare, names)
    say("ready")
    try:
        while True:
            exec(work, names)
    except KeyboardInterrupt:
        say("interrupted", threading.active_count())
"""
ONE = "workers=2, min_count=1"
JOBS = {  # what is made before, and what is interrupted: each takes many seconds, and is done again and again
    "Documents.encode": (f"t = texts(2000); m = PVDBOW(epochs=1, {ONE}).fit(t)", "m.encode(t * 50, epochs=100000)"),
    "TextEncoder.encode": ("t = texts(20000) * 200; e = TextEncoder(vectors(2000, 300), workers=2)", "e.encode(t)"),
    "TextEncoder.encode of lists": (
        "t = [text.split() for text in texts(2000)] * 500; e = TextEncoder(vectors(2000, 100))",
        "e.encode(t)",
    ),
    "count": ("c = corpus(types=30000)", "wordvec.count(c, window=1000)"),
    "SkipGram.fit": ("c = corpus()", f"wordvec.SkipGram(epochs=10000, {ONE}).fit(c)"),
    "GloVe.fit": ("c = wordvec.count(corpus(), min_count=1)", f"wordvec.GloVe(epochs=100000, {ONE}).fit(c)"),
    "all pairs": ("v = vectors(100000, 300)", "search.all_nearest(v.vectors, 10, norms=v.norms)"),
    "compress to pq": ("v = vectors(100000, 256)", "v.compress('pq', m=128)"),
}
SLOW = {
    "PVDM.encode": (f"t = texts(2000); m = PVDM(epochs=1, {ONE}).fit(t)", "m.encode(t * 50, epochs=100000)"),
    "PVDM.fit": ("t = texts(5000)", f"PVDM(epochs=100000, {ONE}).fit(t)"),
    "Sent2Vec.fit": ("t = texts(5000)", f"Sent2Vec(alpha=1e-3, epochs=100000, {ONE}).fit(t)"),
    "CBOW.fit": ("c = corpus()", f"wordvec.CBOW(epochs=10000, {ONE}).fit(c)"),
    "hierarchical softmax": ("c = corpus()", f"wordvec.SkipGram(epochs=10000, hs=True, {ONE}).fit(c)"),
    "FastText.fit": ("c = corpus()", f"wordvec.FastText(epochs=10000, bucket=1000, {ONE}).fit(c)"),
    "HashEmbedding.fit": ("c = corpus()", f"wordvec.HashEmbedding(epochs=10000, bucket=1000, {ONE}).fit(c)"),
    "CMOW.fit": ("c = corpus()", f"wordvec.CMOW(epochs=10000, {ONE}).fit(c)"),
    "SquaredNorm.fit": ("c = wordvec.count(corpus(), min_count=1)", f"wordvec.SquaredNorm(epochs=99999, {ONE}).fit(c)"),
    "PULearning.fit": (
        "c = wordvec.count(corpus(types=3000), min_count=1)",
        f"wordvec.PULearning(epochs=9999, tolerance=0, {ONE}).fit(c)",
    ),
    "PPMISVD.fit": ("c = wordvec.count(corpus(types=20000), min_count=1)", f"wordvec.PPMISVD({ONE}).fit(c)"),
    "BitCipher.fit": ("c = corpus(types=30000)", f"wordvec.BitCipher(vector_size=512, window=900, {ONE}).fit(c)"),
    "TextClassifier.fit": ("t = texts(5000)", "TextClassifier(epochs=100000, workers=2).fit(t, ['a', 'b'] * 2500)"),
    "TextClassifier.predict": (
        "t = texts(5000); m = TextClassifier(epochs=1, workers=2).fit(t, ['a', 'b'] * 2500)",
        "m.predict(t * 200)",
    ),
    "encode": ("t = [text.split() for text in texts(20000)] * 100", "wordvec.encode_corpus(t)"),
    "compress to pq with rotation": ("v = vectors(100000, 256)", "v.compress('pq', m=64, opq=True)"),
    "compress to bits": ("v = vectors(200000, 256)", "v.compress('bits')"),
    "most_similar_batch": ("v = vectors(100000, 300)", "v.most_similar_batch([str(i) for i in range(100000)])"),
    "induce": ("v = vectors(50000, 300)", "align.induce(v, v)"),
    "self_learn": ("v, u = vectors(20000, 100), vectors(20000, 100)", "align.self_learn(v, u, 'unsupervised')"),
    "retrofit": (
        "v = vectors(100000, 100); p = [(str(i), str(7 * i % 100000)) for i in range(100000)]",
        "align.retrofit(v, p, iterations=100000)",
    ),
}


class Child:
    """A process that does one job after another until it is interrupted."""

    def __init__(self):
        self.process = None

    def line(self, seconds):
        """The next line that it says; fails where none comes in time."""
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            self.end()
            pytest.fail(f"nothing was said for {seconds} s")
        return self.process.stdout.readline()

    def interrupted(self, prepare, work, after):
        """What it says after Ctrl-C in the middle of its work, and after how many seconds."""
        if self.process is None:
            # Bytes, not text: what a text stream has read ahead is not seen by `select`.
            self.process = subprocess.Popen(
                [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        self.process.stdin.write(f"{prepare}\t{work}\n".encode())
        assert self.line(120) == b"ready\n"
        time.sleep(after)
        start = time.perf_counter()
        self.process.send_signal(signal.SIGINT)
        return self.line(LIMIT), time.perf_counter() - start

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture(scope="module")
def child():
    process = Child()
    yield process
    process.end()


def check(child, job, after):
    said, took = child.interrupted(*job, after)
    assert said == b"interrupted 1\n", f"{said!r} after {took:.2f} s"  # the main thread alone is left


@pytest.mark.parametrize("name", JOBS)
def test_ctrl_c_ends_it(child, name):
    check(child, JOBS[name], 0.4)


@pytest.mark.thorough
@pytest.mark.parametrize("after", [0.3, 1.5])
@pytest.mark.parametrize("name", SLOW)
def test_ctrl_c_ends_it_wherever_it_is(child, name, after):
    check(child, SLOW[name], after)


class Interrupted:
    """A function that at its first call does its work and is then interrupted."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __get__(self, owner, kind):
        return lambda *arguments, **options: self(owner, *arguments, **options)

    def __call__(self, *arguments, **options):
        self.calls += 1
        self.function(*arguments, **options)
        if self.calls == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("owner, name", [(ThreadPoolExecutor, "shutdown"), (threading.Thread, "start")])
def test_a_pool_ends_its_threads_also_if_its_start_or_end_is_interrupted(monkeypatch, owner, name):
    before, stop = threading.active_count(), np.zeros(1, np.int32)
    monkeypatch.setattr(owner, name, Interrupted(getattr(owner, name)))
    with pytest.raises(KeyboardInterrupt), thread_pool(2, stop) as pool:
        pool.submit(time.sleep, 0.01)
    assert stop[0] == 1 and threading.active_count() == before


def test_a_pool_ends_its_threads_also_if_the_wait_for_them_is_interrupted():
    before, stop = threading.active_count(), np.zeros(1, np.int32)
    interrupt = threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT])
    with pytest.raises(KeyboardInterrupt), thread_pool(2, stop) as pool:
        pool.submit(time.sleep, 0.4)
        interrupt.start()
    interrupt.join()
    assert stop[0] == 1 and threading.active_count() == before


@pytest.fixture
def interrupted_start(monkeypatch):
    """The first start of a thread is interrupted after the system was asked for it, and before it begins to run."""
    start, bootstrap, started = threading.Thread.start, threading.Thread._bootstrap, []

    def late(thread):
        time.sleep(0.1)
        bootstrap(thread)

    def interrupted(thread):
        if not started:
            started.append(thread)
            thread._started.wait = Interrupted(lambda: None)
        start(thread)

    monkeypatch.setattr(threading.Thread, "_bootstrap", late)
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    return started


@pytest.mark.parametrize("workers", [1, 2])
def test_training_ends_its_threads_also_if_the_start_of_one_is_interrupted(interrupted_start, workers):
    """As when Ctrl-C comes between the epochs of a small text, of which each starts its threads."""
    before, steps, chunks = threading.active_count(), [], 5
    runs = Runs(0, *(np.zeros(chunks, dtype) for dtype in (float, np.uint64, float, np.int64)), np.zeros(1, np.int32))
    step = lambda part, _: steps.append(part)  # noqa: E731
    running = Running(step, runs, np.arange(chunks + 1), None, np.zeros(chunks, bool), workers)
    with pytest.raises(KeyboardInterrupt):
        running.run(None)
    assert len(interrupted_start) == 1 and threading.active_count() == before and steps == []


def test_a_pool_ends_a_thread_that_begins_after_its_start_was_interrupted(interrupted_start):
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), thread_pool(2) as pool:
        pool.submit(time.sleep, 0.01)
    assert len(interrupted_start) == 1 and threading.active_count() == before
