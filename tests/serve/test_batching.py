"""Queries are gathered while others are scanned, and only then."""

import asyncio
import threading
import time

import numpy as np
import pytest

from tests.search.test_indexes import needs
from wordvec import KeyedVectors
from wordvec.serve.batching import Batcher, Overloaded


class Scans:
    """A scan that waits until it may go on, and remembers what it was asked."""

    def __init__(self):
        self.calls, self.go = [], threading.Event()

    def __call__(self, queries):
        self.calls.append(list(queries))
        assert self.go.wait(10)
        return [query * 10 for query in queries]


async def in_thread(work):
    return await asyncio.get_running_loop().run_in_executor(None, work)


def run(main):
    return asyncio.run(asyncio.wait_for(main(), 20))


async def started(scans, count):
    while len(scans.calls) < count:
        await asyncio.sleep(0.001)


def test_what_waits_is_scanned_together_and_what_is_alone_at_once():
    async def main():
        scans, noted = Scans(), []
        batcher = Batcher(in_thread, noted=lambda queries, seconds: noted.append(queries))
        first = batcher.ask("k", [1], scans)
        await started(scans, 1)
        rest = [batcher.ask("k", own, scans) for own in ([2], [3, 4], [5])]
        other = batcher.ask("other", [6], scans)
        await asyncio.sleep(0.01)
        assert scans.calls == [[1]]
        scans.go.set()
        assert await first == [10]
        assert [await task for task in rest] == [[20], [30, 40], [50]] and await other == [60]
        assert scans.calls == [[1], [2, 3, 4, 5], [6]] and noted == [1, 4, 1]

    run(main)


@pytest.mark.parametrize("late", [0, 0.01])  # seconds more that each client needs to read its answer
def test_clients_that_ask_again_share_the_next_pass(late):
    async def main():
        noted = []
        batcher = Batcher(in_thread, noted=lambda queries, seconds: noted.append(queries))

        def scan(queries):
            time.sleep(0.2)
            return list(queries)

        async def client(number):
            for _ in range(4):
                assert await batcher.ask("k", [number], scan) == [number]
                await asyncio.sleep(number * late)

        await asyncio.gather(*map(client, range(4)))
        assert noted == [4, 4, 4, 4]  # not 4, 1, 3, 4, ...: the first to ask again, and all others
        assert await batcher.ask("k", [5], scan) == [5]  # nor for ever: three do not ask again

    run(main)


def test_lanes_run_beside_each_other_and_a_batch_has_a_largest_size():
    async def main():
        scans = Scans()
        batcher = Batcher(in_thread, lanes=2, most=3)
        tasks = []
        for n in range(2):
            tasks.append(batcher.ask("k", [n], scans))
            await started(scans, n + 1)
        tasks += [batcher.ask("k", [n], scans) for n in range(2, 7)]
        await asyncio.sleep(0.01)
        scans.go.set()
        assert [await task for task in tasks] == [[10 * n] for n in range(7)]
        assert max(map(len, scans.calls)) == 3 and sum(map(len, scans.calls)) == 7

    run(main)


def test_what_was_given_up_is_not_scanned_and_too_much_is_refused():
    async def main():
        scans = Scans()
        batcher = Batcher(in_thread, waiting=2)
        first = batcher.ask("k", [1], scans)
        await started(scans, 1)
        gone, kept = (batcher.ask("k", [n], scans) for n in (2, 3))
        await asyncio.sleep(0.01)
        with pytest.raises(Overloaded):
            await batcher.ask("k", [4], scans)
        gone.cancel()
        scans.go.set()
        assert await first == [10] and await kept == [30] and scans.calls == [[1], [3]]

    run(main)


def test_an_error_of_the_scan_is_that_of_each_and_the_next_goes_on():
    async def main():
        def fail(queries):
            raise ValueError("no")

        batcher = Batcher(in_thread)
        (error,) = await batcher.ask("k", [1], fail)
        assert isinstance(error, ValueError)
        assert await batcher.ask("k", [1], lambda queries: queries) == [1]

    run(main)


def test_an_unknown_word_spoils_only_its_own_request(service, monkeypatch):
    """Requests that meet in one scan: each gets its own answer, and its own number of them."""
    from concurrent.futures import ThreadPoolExecutor

    client, scan = service(), KeyedVectors.most_similar_batch
    gate, asked = threading.Event(), []

    def slow(self, queries, *rest, **options):
        asked.append(len(queries))
        assert gate.wait(10)
        return scan(self, queries, *rest, **options)

    monkeypatch.setattr(KeyedVectors, "most_similar_batch", slow)
    words = ["king", "queen", "nothing", "man", "tax"]
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(client.get, "/v1/models/toy/most_similar?positive=woman&topn=1")]
        while not asked:
            pass
        answers += [
            pool.submit(client.get, f"/v1/models/toy/most_similar?positive={w}&topn={n + 1}")
            for n, w in enumerate(words)
        ]
        model = client.app.models["toy"]
        while len(model.batcher._waiting) < len(words):
            pass
        gate.set()
        answers = [answer.result() for answer in answers]
    assert asked == [1, 5, 4]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 200, 200]
    monkeypatch.undo()
    for n, word in enumerate(words):
        if word != "nothing":
            near = [(own["word"], own["score"]) for own in answers[n + 1].json()["neighbours"]]
            assert near == model.vectors.most_similar(word, topn=n + 1)


def test_a_scan_that_takes_too_long_ends_the_request_in_its_time(files, monkeypatch):
    """Also one that began without a task: what is left of its time, which is none, is that of the task."""
    pytest.importorskip("msgspec", reason="the service needs msgspec: pip install 'wordvec[serve]'")
    from wordvec.serve.service import Service
    from wordvec.serve.settings import Limits, Settings

    gate, scan = threading.Event(), KeyedVectors.most_similar_batch

    def slow(self, *rest, **options):
        assert gate.wait(10)
        return scan(self, *rest, **options)

    async def main():
        own, sent = Service(Settings(models=files, limits=Limits(timeout=0.2))), []
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/models/toy/most_similar",
            "query_string": b"positive=king",
        }
        scope["headers"] = [(b"host", b"localhost")]

        async def send(message):
            sent.append(message)

        async with own._life(None):
            first, second = (asyncio.get_running_loop().create_future() for _ in range(2))
            assert own.at_once(scope, first.set_result) and await first is None
            await own(scope, None, send)
            assert sent[0]["status"] == 503
            gate.set()
            assert own.at_once(scope, second.set_result) and b"woman" in await second

    monkeypatch.setattr(KeyedVectors, "most_similar_batch", slow)
    run(main)


def test_queries_by_an_index_do_not_wait_for_each_other(service, files, tmp_path, monkeypatch):
    """As many at a time as there are threads; a scan has all threads for itself."""
    from concurrent.futures import ThreadPoolExecutor

    from wordvec.search.indexes import build_index

    needs("usearch")

    kv = KeyedVectors.load(files["toy"])
    build_index(kv.vectors, norms=kv.norms, path=tmp_path / "toy.usearch", measure=0)
    scan, gate, together = KeyedVectors.most_similar_batch, threading.Event(), []
    asked = 0

    def slow(self, queries, *rest, **options):
        nonlocal asked
        asked += 1
        gate.wait(0.3 if options["indexer"] is None else 10)
        together.append(asked)
        asked -= 1
        return scan(self, queries, *rest, **options)

    monkeypatch.setattr(KeyedVectors, "most_similar_batch", slow)
    client = service(threads=2, indexes={"toy": str(tmp_path / "toy.usearch")})
    with ThreadPoolExecutor(2) as pool:
        address = "/v1/models/{}/most_similar?positive=king&topn=1"
        answers = [pool.submit(client.get, address.format("toy")) for _ in range(2)]
        while asked < 2:
            assert not any(answer.done() for answer in answers)
        gate.set()
        assert {answer.result().json()["neighbours"][0]["word"] for answer in answers} == {"man"}
        gate.clear()
        del together[:]
        answers = [pool.submit(client.get, address.format("later")) for _ in range(2)]
        assert [answer.result().status_code for answer in answers] == [200, 200] and together[0] == 1


def test_all_queries_of_a_batch_may_be_wrong(service):
    answer = service().post("/v1/models/toy/neighbours", json={"queries": [[1, 2], [3, 4]]})
    assert answer.status_code == 422 and np.isfinite(answer.json()["status"])


def test_brief_queries_are_answered_by_the_loop_while_they_are_brief():
    async def main():
        own, threads, slow = threading.get_ident(), [], 0.0

        def scan(queries):
            threads.append(threading.get_ident() == own)
            end = time.thread_time() + slow
            while time.thread_time() < end:
                pass
            if queries == ["bad"]:
                raise ValueError("bad")
            return queries

        batcher = Batcher(in_thread)
        assert await batcher.ask("k", [1], scan, brief=True) == [1] and threads == [False]  # it is not known yet
        assert await batcher.ask("k", [2], scan, brief=True) == [2]
        with pytest.raises(ValueError, match="bad"):
            await batcher.ask("k", ["bad"], scan, brief=True)
        slow = 0.003
        assert await batcher.ask("k", [3], scan, brief=True) == [3]
        assert await batcher.ask("k", [4], scan, brief=True) == [4]
        assert await batcher.ask("k", [5], scan) == [5]
        assert threads == [False, True, True, True, False, False]

    run(main)
