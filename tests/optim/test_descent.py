"""The driver of gradient descent: schedule, accounting, callbacks, divergence, interruption."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec.optim import copies as lent
from wordvec.optim.checkpoints import Checkpoints
from wordvec.optim.copies import STIFFNESS, Copies, Lending
from wordvec.optim.descent import aligned_matrix, schedule
from wordvec.optim.epochs import tasks
from wordvec.trainers import updates
from wordvec.trainers.updates import copies_of


@pytest.fixture(scope="module")
def corpus():
    """Half a million tokens of 200 words, as arrays."""
    rng = np.random.default_rng(0)
    ids = (200 * rng.random(500_000) ** 2).astype(np.int32)
    return wordvec.encode_corpus((ids, np.arange(0, 500_001, 25)), min_count=1)


def test_alpha_falls_linearly_and_streams_depend_on_seed_epoch_and_chunk_only():
    before = np.arange(0, 1000, 10)
    first, second = (schedule(before, 1000, epoch=e, epochs=2, alpha=0.1, min_alpha=0.0, seed=3) for e in (0, 1))
    np.testing.assert_allclose(np.concatenate([first.alphas, second.alphas]), 0.1 * (1 - np.arange(200) / 200))
    seeds = np.concatenate([first.seeds, second.seeds])
    assert len(set(seeds.tolist())) == 200
    again = schedule(before[:50], 1000, epoch=0, epochs=2, alpha=0.5, min_alpha=0.0, seed=3)
    assert np.array_equal(again.seeds, first.seeds[:50])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 15, 16, 17, 100])
def test_rows_are_aligned(size, dtype):
    matrix = aligned_matrix(3, size, dtype)
    assert matrix.shape == (3, size) and not matrix.any()
    assert matrix.ctypes.data % 64 == 0 and matrix.strides[0] % 64 == 0


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_every_token_is_seen_once_an_epoch(corpus, workers):
    reports = []
    wordvec.SkipGram(vector_size=4, epochs=3, workers=workers).fit(corpus, callbacks=[reports.append])
    assert [r.number for r in reports] == [1, 2, 3]
    assert [r.tokens for r in reports] == [500_000] * 3
    assert reports[-1].alpha == pytest.approx(1e-4, abs=3e-4)


def test_the_same_targets_whatever_the_workers(corpus):
    """Samples are functions of the chunk: where nothing moves, so that no order matters, the losses are the same."""
    still = {"vector_size": 8, "epochs": 1, "alpha": 1e-30, "min_alpha": 0.0}
    init = wordvec.SkipGram(vector_size=8, epochs=1).fit(corpus, keep_context=True)
    losses = [wordvec.SkipGram(**still, workers=w).fit(corpus, init=init).metadata["loss"][0] for w in (1, 2, 4)]
    assert losses[1:] == pytest.approx([losses[0]] * 2, rel=1e-12)


def test_the_loss_falls_and_starts_at_that_of_a_model_that_knows_nothing(corpus):
    loss = wordvec.SkipGram(vector_size=8, epochs=4, negative=5, workers=1).fit(corpus).metadata["loss"]
    assert len(loss) == 4 and 6 * np.log(2) > loss[0] > loss[1] > loss[3] > 0.5
    still = wordvec.SkipGram(vector_size=8, epochs=1, alpha=1e-9, min_alpha=0, workers=1).fit(corpus)
    # noise that is the target itself weighs nothing, so a little is missing of one log 2 for each of the 6 words
    assert 0.97 * 6 * np.log(2) < still.metadata["loss"][0] < 6 * np.log(2)


def test_a_callback_ends_training(corpus):
    vectors = wordvec.CBOW(vector_size=4, epochs=50).fit(corpus, callbacks=[lambda epoch: epoch.number == 2])
    assert len(vectors.metadata["loss"]) == 2


def test_a_callback_sees_the_vectors_and_its_errors_come_out(corpus):
    def look(epoch):
        assert epoch.vectors.vectors.shape == (200, 4)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        wordvec.SkipGram(vector_size=4).fit(corpus, callbacks=[look])


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("workers", [1, 2])
def test_divergence_is_an_error_that_names_the_epoch_and_alpha(corpus, model, workers):
    before = threading.active_count()
    with pytest.raises(wordvec.TrainingError, match=r"diverged in epoch \d of 5.*smaller alpha than 1000"):
        wordvec.train(corpus, model=model, vector_size=20, alpha=1000, workers=workers)
    assert threading.active_count() == before


def test_a_last_step_that_overflows_is_seen():
    with pytest.raises(wordvec.TrainingError, match="diverged"):
        wordvec.train([["a", "b"]], min_count=1, vector_size=4, epochs=1, alpha=1e300, sample=0.0)


def test_norms_that_a_callback_looked_at_are_not_those_of_the_end(corpus):
    trainer = wordvec.SkipGram(vector_size=8, epochs=3)
    vectors = trainer.fit(corpus, callbacks=lambda epoch: bool(epoch.vectors.most_similar("0")) and None)
    np.testing.assert_allclose(vectors.norms, np.linalg.norm(vectors.vectors, axis=1), rtol=1e-5)


def test_arrays_that_are_no_corpus_are_refused(corpus):
    import dataclasses

    broken = np.array(corpus.ids)
    broken[-1] = 200
    for changed in ({"ids": broken}, {"ids": -broken}, {"ids": broken[:-1]}, {"offsets": corpus.offsets[::-1]}):
        with pytest.raises(wordvec.CorpusError, match=r"ids must lie|offsets of sentences"):
            wordvec.SkipGram(vector_size=4).fit(dataclasses.replace(corpus, **changed))


def test_progress_goes_to_stderr_only(corpus, capfd, terminal):
    wordvec.SkipGram(vector_size=4, epochs=2).fit(corpus, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "epoch 2/2" in err and "loss" in err and "words/s" in err
    wordvec.SkipGram(vector_size=4, epochs=1).fit(corpus)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to a process")
@pytest.mark.parametrize(
    "options",
    ["vector_size=300, epochs=1000", "vector_size=2000, window=500, negative=100"],
    ids=["usual", "slow chunks"],
)
def test_ctrl_c_ends_training_at_once(options):
    code = """
import numpy as np, sys, threading, wordvec
ids = (1000 * np.random.default_rng(0).random(3_000_000) ** 2).astype(np.int32)
corpus = wordvec.encode_corpus((ids, np.arange(0, 3_000_001, 25)), min_count=1)
few = wordvec.encode_corpus([["a", "b"]], min_count=1)
wordvec.SkipGram(vector_size=2).fit(few)  # imports all: an interrupted import would change the exit status
sys.stdout.write("ready\\n"); sys.stdout.flush()
try:
    wordvec.SkipGram(OPTIONS).fit(corpus)
except KeyboardInterrupt:
    assert threading.active_count() == 1
    sys.stdout.write("interrupted\\n")
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code.replace("OPTIONS", options)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=10)  # tenths of a second on an idle machine; the training would take an hour
    assert out == "interrupted\n" and child.returncode == 0


def test_copies_are_of_the_rows_that_are_visited_often():
    table, visits = aligned_matrix(1000, 5), 0.1 / np.arange(1, 1001)  # in a chunk of 1000 tokens: 100, 50, 33.3 ..
    each = {"visits": visits, "updates": visits, "tokens": 1000, "workers": 2}
    room, kept, _, ends, ways = Copies(table, chunks=7, **each).take()
    assert ends.tolist() == [6, 12, 200] and kept.tolist() == [0, 0, 0]  # 16 visits: a merge; 2: worth a copy
    assert ways == pytest.approx(STIFFNESS * visits[:200])
    assert room.shape == (2, 200, 5) and room.ctypes.data % 64 == 0 and room.strides[1] == table.strides[0]
    longer = Copies(table, chunks=10_000, **each)
    assert longer.take()[3].tolist() == [6, 12, 25, 50, 800]
    assert longer.take()[0] is not longer.take()[0]


def test_no_row_beyond_one_that_nobody_visits_has_a_copy():
    visits = np.array([9.0, 9.0, 0.0, 9.0])
    copies = Copies(aligned_matrix(4, 2), visits=visits, updates=visits, tokens=100, chunks=4, workers=2)
    assert copies.take()[3][-1] == 2


FEW, MANY = 0, 1  # choices


def lent_to(lending, clock, seconds):
    """The choice of copies for each of the eight chunks of a task; a chunk takes `seconds` with few, and with many."""
    lent_to_chunks, merged = [None] * 8, True
    for piece, own in lending.pieces(slice(16, 24)):
        choice = FEW if len(own["own_input"][4]) == 10 else MANY
        if "merge_all" not in own:
            assert piece.start == piece.stop  # before another choice
            merged = True
            continue
        assert own["workers"] == 2 and not own["merge_all"]
        chunks = range(piece.start - 16, piece.stop - 16)
        for chunk in chunks:
            assert merged or choice == lent_to_chunks[chunk - 1]
            lent_to_chunks[chunk], merged = choice, False
        clock[0] += len(chunks) * seconds[choice]
    return lent_to_chunks


@pytest.fixture
def lending_and_clock(monkeypatch):
    table, visits, clock = aligned_matrix(100, 5), np.full(100, 0.1), [0.0]
    each = {"visits": visits, "updates": visits, "tokens": 1000, "chunks": 64, "workers": 2}
    monkeypatch.setattr(lent.time, "thread_time", lambda: clock[0])
    return Lending([{"own_input": Copies(table, **each, most=most)} for most in (10, 90)], 2), clock


@pytest.mark.parametrize("many", [1.0, 3.0])
def test_both_choices_of_copies_are_tried_and_the_one_that_takes_less_time_is_lent(many, lending_and_clock):
    lent_at = [lent_to(*lending_and_clock, (2.0, many)) for _ in range(2 * lent.ROUND + 4)]
    best, tried, again = int(many < 2), 2 * lent.TRIED, 2 * lent.ROUND
    tries = [FEW] * 2 + [MANY] * 2 + [best] * 4
    assert lent_at[:tried] == [tries] * tried and lent_at[again : again + 2] == [tries] * 2
    assert lent_at[tried:again] + lent_at[again + 2 :] == [[best] * 8] * (again - tried + 2)


def test_many_copies_are_lent_as_soon_as_cores_have_no_common_cache_any_more(lending_and_clock):
    before = [lent_to(*lending_and_clock, (1.0, 1.1))[-1] for _ in range(20)]
    after = [lent_to(*lending_and_clock, (1.8, 1.1))[0] for _ in range(20)]
    assert not any(before) and not after[0] and all(after[1:])


def test_a_task_of_one_chunk_is_trained_once(lending_and_clock):
    lending, _ = lending_and_clock
    pieces = [[piece for piece, _ in lending.pieces(slice(3, 4)) if piece != slice(3, 3)] for _ in range(8)]
    assert pieces == [[slice(3, 4)]] * 8


def test_a_thread_keeps_its_copies_until_all_rest(lending_and_clock, monkeypatch):
    lending, clock = lending_and_clock
    for _ in range(2 * lent.TRIED):
        lent_to(lending, clock, (2.0, 1.0))
    first, second = ([own for _, own in lending.pieces(slice(0, 9))] for _ in range(2))
    assert first[0]["own_input"] is second[0]["own_input"]
    (held,) = lending.held()
    assert held["own_input"] is first[0]["own_input"] and "merge_all" not in held and lending.held() == []
    third, _ = (own for _, own in lending.pieces(slice(9, 18)))
    assert third["own_input"] is first[0]["own_input"]  # the same room, for another thread, too


@pytest.mark.parametrize("scheme", ["hash", "importance", "qr", "unified"])
def test_words_that_share_rows_learn_with_copies_of_these(corpus, scheme):
    losses = [
        wordvec.HashEmbedding(scheme=scheme, vector_size=8, bucket=40, epochs=1, workers=workers)
        .fit(corpus)
        .metadata["loss"]
        for workers in (1, 2)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_copies_of_rows_that_are_not_sorted_are_those_of_the_most_visited():
    table, visits, rows = aligned_matrix(5, 3), np.array([0.0, 3, 1, 9, 0]), np.array([0, 1, 2, 3, 4, 3], np.int32)
    copies = Copies(table, visits=visits, updates=visits, tokens=100, chunks=1, workers=2, word_rows=rows)
    assert copies.rows[:3].tolist() == [3, 1, 2] and copies.take()[3].tolist() == [3]
    assert copies.arguments["word_rows"][[1, 2, 3, 5]].tolist() == [~1, ~2, ~0, ~0]


def test_start_rows_are_the_same_for_any_number_of_threads():
    one = wordvec.SkipGram(vector_size=7, workers=1)._random(9001)
    assert np.array_equal(one, wordvec.SkipGram(vector_size=7, workers=3)._random(9001))
    drawn = np.random.default_rng(1).random(one.shape, np.float32)
    np.testing.assert_allclose(one, (drawn - 0.5) / 7**0.5, rtol=1e-6)


def test_tasks_hold_every_chunk_that_is_left_once_and_shrink():
    done = np.random.default_rng(0).random(1000) < 0.1
    for workers in (1, 2, 5, 64):
        found = tasks(done, workers)
        assert np.array_equal(np.concatenate([np.arange(*task) for task in found.items()]), np.flatnonzero(~done))
    sizes = [stop - first for first, stop in tasks(np.zeros(1000, bool), 2).items()]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 64 and max(sizes[-9:]) == 2


@pytest.mark.parametrize("with_words", [False, True])
def test_words_that_no_word_is_predicted_from_have_no_copies(corpus, with_words):
    tables = {name: aligned_matrix(200, 8) for name in ("input", "output")}
    found = copies_of(wordvec.PVDBOW(vector_size=8, workers=2), corpus, tables | {"with_words": with_words})
    assert [set(choice) for choice in found] == [{"own_input", "own_output"} if with_words else {"own_output"}]


def test_there_is_a_choice_of_copies_where_many_rows_are_worth_one(corpus, monkeypatch):
    tables = {name: aligned_matrix(200, 8) for name in ("input", "output")}
    monkeypatch.setattr(updates, "FEW", 20)
    trainer = wordvec.SkipGram(vector_size=8, workers=2, epochs=20)
    few, many = copies_of(trainer, corpus, tables)
    assert len(few["own_input"]) == len(few["own_output"]) == 20 < len(many["own_input"]) <= 200
    assert copies_of(replace(trainer, workers=3), corpus, tables) == []
    assert len(copies_of(replace(trainer, epochs=1), corpus, tables)) == 1  # too short for the memory of many
    for rows, names in ((2, {"own_input", "own_output"}), (5, {"own_output"})):  # of a word
        words = {
            "word_rows": np.zeros(rows * len(corpus.vocabulary), np.int32),
            "word_indptr": rows * np.arange(len(corpus.vocabulary) + 1),
        }
        few, many = copies_of(wordvec.FastText(vector_size=8, workers=2, epochs=20), corpus, tables | words)
        assert set(few) == names and set(many) == {"own_input", "own_output"}


@pytest.mark.parametrize("trainer", [wordvec.SkipGram, wordvec.CBOW])
def test_threads_with_copies_learn_what_one_learns(corpus, trainer):
    losses = {}
    for workers in (1, 2):
        model = trainer(vector_size=8, epochs=2, workers=workers)
        losses[workers] = model.fit(corpus).metadata["loss"][-1]
    assert copies_of(model, corpus, {"input": aligned_matrix(200, 8), "output": aligned_matrix(200, 8)})
    assert losses[2] == pytest.approx(losses[1], rel=0.04)  # so few words are merged after many visits


def test_all_copies_are_merged_whenever_the_tables_are_read(corpus, monkeypatch, tmp_path):
    taken, moments, take, save = [], [], Copies.take, Checkpoints.save

    def taking(self):
        taken.append(take(self))
        return taken[-1]

    def look(*_, **__):
        moments.append([kept[:2].tolist() for _, kept, *_ in taken])

    def saving(self, *arguments, **options):
        look()
        return save(self, *arguments, **options)

    monkeypatch.setattr(updates, "FEW", 20)
    monkeypatch.setattr(updates, "LEAST_FOR_MANY", 1)
    monkeypatch.setattr(Copies, "take", taking)
    monkeypatch.setattr(Checkpoints, "save", saving)
    wordvec.SkipGram(vector_size=64, epochs=2, workers=2).fit(
        corpus, callbacks=look, checkpoint=wordvec.Checkpoint(tmp_path, "0.01s")
    )
    assert len(taken) in (4, 8) and len(moments) > 3 and all(kept == [0, 0] for each in moments for kept in each)


THREADS_OF_BLAS = """
import os, time
import numpy as np
others = [thread for thread in os.listdir("/proc/self/task") if thread != str(os.getpid())]
def seconds():
    texts = [open(f"/proc/self/task/{thread}/schedstat").read() for thread in others]
    return sum(int(text.split()[0]) for text in texts) / 1e9
long = np.ones(100_000)
time.sleep(0.3)
start = seconds()
long @ long
time.sleep(0.3)
product = seconds() - start
import wordvec
from wordvec.trainers import TRAINERS
words = [str(number) for number in (12_000 * np.random.default_rng(0).random(60_000) ** 2).astype(int)]
text = [words[first : first + 20] for first in range(0, 60_000, 20)]
time.sleep(0.3)
start = seconds()
for name in ("skipgram", "cbow", "fasttext", "hash", "glove", "cmow", "pv-dm"):
    TRAINERS[name](vector_size=16, epochs=1, min_count=1, workers=2).fit(text)
    time.sleep(0.15)
print(product, seconds() - start)
"""


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="needs the times of threads that Linux keeps")
def test_training_wakes_no_thread_of_blas():
    """They wait for more work for a tenth of a second, on a processor that training needs."""
    child = subprocess.run([sys.executable, "-c", THREADS_OF_BLAS], capture_output=True, text=True, check=True)
    product, training = map(float, child.stdout.split())
    if product < 0.01:
        pytest.skip("this BLAS has no threads that wait for work")
    assert training < 0.02
