"""Checkpoints: a run that was ended at any moment and goes on gives the bytes of one that was not."""

import multiprocessing
import os
import random
import signal
import threading
import time

import numpy as np
import pytest
from killed_runs import TRAINER, Ended, arrays, ending, train_until_killed

import wordvec
from wordvec import Checkpoint
from wordvec.base.errors import FormatError, OptionError, OutputError
from wordvec.optim import checkpoints as module
from wordvec.optim.checkpoints import Checkpoints
from wordvec.store import write_file
from wordvec.store.checkpoints import numbered


@pytest.fixture(scope="module")
def corpus():
    return wordvec.encode_corpus(arrays(), min_count=1)


@pytest.fixture(scope="module")
def whole(corpus):
    """The vectors of a run that nothing ended."""
    return TRAINER.fit(corpus, keep_context=True)


def same(one, other):
    """Whether two results are the same to the byte."""
    return (
        one.vectors.tobytes() == other.vectors.tobytes()
        and (one.context is None) == (other.context is None)
        and (one.context is None or one.context.tobytes() == other.context.tobytes())
        and one.metadata == other.metadata
    )


def names(folder):
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("moments", [8, pytest.param(50, marks=pytest.mark.thorough)])
def test_a_run_that_is_killed_at_random_moments_gives_the_same_file(tmp_path, whole, moments):
    """Every process is killed at a random moment of what a whole run takes, until one comes to its end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["wordvec.trainers", "wordvec.formats"])
    folder, out, expected = tmp_path / "kept", tmp_path / "out.safetensors", tmp_path / "expected.safetensors"
    whole.save(expected)
    draw, killed = random.Random(moments), 0
    while killed < moments:
        process = context.Process(target=train_until_killed, args=(folder, folder.exists(), out))
        process.start()
        process.join(draw.uniform(0.05, 0.5))
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += 1
            continue
        assert process.exitcode == 0
        assert out.read_bytes() == expected.read_bytes()
        for name in names(folder):
            (folder / name).unlink()
        folder.rmdir()
        out.unlink()
    process = context.Process(target=train_until_killed, args=(folder, folder.exists(), out))
    process.start()
    process.join(60)
    assert out.read_bytes() == expected.read_bytes()
    assert [name for name in names(folder) if not name.startswith("checkpoint-")] == []


@pytest.mark.parametrize("every", ["0.01s", "1epoch", "2epochs"])
@pytest.mark.parametrize("error", [Ended, KeyboardInterrupt])
def test_a_run_that_goes_on_gives_the_same_bytes(tmp_path, corpus, whole, every, error):
    with pytest.raises(error):
        TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, every), callbacks=ending(3, error))
    epochs = []
    again = TRAINER.fit(
        corpus,
        keep_context=True,
        checkpoint=Checkpoint(tmp_path, every, resume=True),
        callbacks=lambda epoch: epochs.append(epoch.number),
    )
    assert same(again, whole)
    # an epoch counts as done when its callbacks are; one that is saved while it runs is not done again
    assert epochs == [3, 4] or (every == "0.01s" and epochs == [2, 3, 4])  # the third may take less than .01 s
    assert len(numbered(tmp_path)) <= 2


def test_without_a_checkpoint_and_with_one_the_bytes_are_the_same(tmp_path, corpus, whole):
    assert same(TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, "0.01s")), whole)
    assert len(names(tmp_path)) == 2 and len(numbered(tmp_path)) == 2


def test_a_finished_run_gives_the_same_again_without_training(tmp_path, corpus, whole):
    TRAINER.fit(corpus, keep_context=True, checkpoint=tmp_path)
    epochs = []
    again = TRAINER.fit(
        corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, resume=True), callbacks=epochs.append
    )
    assert same(again, whole) and epochs == []


def test_a_run_that_a_callback_ended_stays_ended(tmp_path, corpus):
    stopped = TRAINER.fit(corpus, checkpoint=tmp_path, callbacks=lambda epoch: epoch.number == 2)
    again = TRAINER.fit(corpus, checkpoint=Checkpoint(tmp_path, resume=True))
    assert same(again, stopped) and len(again.metadata["loss"]) == 2


def test_several_workers_go_on_from_a_barrier(tmp_path, corpus):
    """Every chunk is trained once: where nothing moves, so that no order matters, losses are those of a whole run."""
    still = wordvec.SkipGram(vector_size=20, epochs=3, workers=3, alpha=1e-30, min_alpha=0.0)
    loss = still.fit(corpus).metadata["loss"]
    with pytest.raises(Ended):
        still.fit(corpus, checkpoint=Checkpoint(tmp_path, "0.01s"), callbacks=ending(2))
    again = still.fit(corpus, checkpoint=Checkpoint(tmp_path, "0.01s", resume=True))
    assert again.metadata["loss"] == pytest.approx(loss, rel=1e-12)


def test_the_last_checkpoint_of_an_interrupted_run_is_of_that_moment(tmp_path, corpus, whole):
    """Ctrl-C comes in the middle of an epoch: chunks under way are ended, and saved."""
    main, started = threading.main_thread(), time.monotonic()
    timer = threading.Timer(0.15, lambda: signal.pthread_kill(main.ident, signal.SIGINT))
    longer = wordvec.SkipGram(vector_size=20, epochs=200, workers=2, seed=3)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        longer.fit(corpus, checkpoint=tmp_path)
    assert time.monotonic() - started < 10
    assert names(tmp_path) == ["checkpoint-000001.safetensors"]
    stored = module.newest(tmp_path, module_identity(tmp_path))
    done = stored.tensors["chunks.done"]
    position = stored.config["metadata"]["position"]
    assert position["epoch"] or done.any()
    assert ((stored.tensors["chunks.targets"] > 0) == done).all()


def module_identity(folder):
    """The identity that a folder's newest checkpoint has."""
    from wordvec.store import open_file

    return open_file(numbered(folder)[0][1], kind="wordvec-checkpoint").config["metadata"]["identity"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0.05}, r"alpha 0.025 \(now 0.05\)"),
        ({"epochs": 9, "window": 3}, r"window 5 \(now 3\), epochs 4 \(now 9\)|epochs 4 \(now 9\)"),
        ({"workers": 2}, r"workers 1 \(now 2\)"),
        ({"seed": 4}, r"seed 3 \(now 4\)"),
    ],
)
def test_other_options_are_refused_with_what_differs(tmp_path, corpus, change, message):
    TRAINER.fit(corpus, checkpoint=tmp_path)
    other = wordvec.SkipGram(**(TRAINER.to_dict() | change))
    with pytest.raises(OptionError, match=message):
        other.fit(corpus, checkpoint=Checkpoint(tmp_path, resume=True))


def test_another_corpus_model_or_version_is_refused(tmp_path, corpus, whole, monkeypatch):
    TRAINER.fit(corpus, checkpoint=tmp_path)
    going_on = {"checkpoint": Checkpoint(tmp_path, resume=True)}
    with pytest.raises(OptionError, match=rf"corpus '{corpus.fingerprint}' \(now "):
        TRAINER.fit([["a", "b"]] * 50, **going_on)
    with pytest.raises(OptionError, match=r"trainer 'skipgram' \(now 'cbow'\)"):
        wordvec.CBOW(vector_size=20, epochs=4, workers=1, seed=3).fit(corpus, **going_on)
    with pytest.raises(OptionError, match=r"init None \(now '[0-9a-f]{32}'\)"):
        TRAINER.fit(corpus, init=whole, **going_on)
    with pytest.raises(OptionError, match=r"keep_context False \(now True\)"):
        TRAINER.fit(corpus, keep_context=True, **going_on)
    monkeypatch.setattr("wordvec.store.checkpoints.__version__", "99.0")
    with pytest.raises(OptionError, match=r"version '[^']+' \(now '99.0'\)"):
        TRAINER.fit(corpus, **going_on)


def test_another_simd_level_is_warned_of(tmp_path, corpus, monkeypatch):
    with pytest.raises(Ended):
        TRAINER.fit(corpus, checkpoint=Checkpoint(tmp_path, "1epoch"), callbacks=ending(2))
    monkeypatch.setattr(module, "simd_level", lambda: 99)
    with pytest.warns(UserWarning, match="another SIMD level"):
        TRAINER.fit(corpus, checkpoint=Checkpoint(tmp_path, resume=True))


def test_a_folder_with_checkpoints_is_neither_overwritten_nor_read_by_accident(tmp_path, corpus, whole):
    TRAINER.fit(corpus, checkpoint=tmp_path)
    before = names(tmp_path)
    with pytest.raises(OptionError, match="resume=True, give another folder, or remove them with force=True"):
        TRAINER.fit(corpus, checkpoint=tmp_path)
    assert names(tmp_path) == before
    epochs = []
    TRAINER.fit(
        corpus, checkpoint=Checkpoint(tmp_path, force=True), callbacks=lambda epoch: epochs.append(epoch.number)
    )
    assert epochs == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["missing", "deep/er", "."])
def test_resume_without_a_checkpoint_starts_and_says_so(tmp_path, corpus, whole, name):
    with pytest.warns(UserWarning, match="no checkpoint to go on from .* from the beginning"):
        vectors = TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path / name, resume=True))
    assert same(vectors, whole)


def damage(path):
    with open(path, "r+b") as file:
        file.seek(-2000, os.SEEK_END)
        file.write(b"damage")


@pytest.mark.skipif(os.name == "nt", reason="folders are not locked there")
@pytest.mark.parametrize("how", [{"resume": True}, {"force": True}])
def test_two_runs_do_not_share_a_folder(tmp_path, corpus, whole, how):
    """The second is refused before it changes anything; the system ends the hold of a process that is killed."""
    folder, refused = tmp_path / "kept", []

    def begin_another(epoch):
        before = names(folder)
        for run in (TRAINER.fit, wordvec.count):
            with pytest.raises(OptionError, match="no other run uses at the same time; one is at work in"):
                run(corpus, checkpoint=Checkpoint(folder, **how))
            refused.append(names(folder) == before)

    vectors = TRAINER.fit(corpus, keep_context=True, checkpoint=folder, callbacks=begin_another)
    assert refused == [True] * 8 and same(vectors, whole)
    with pytest.raises(Ended):
        given = Checkpoint(folder, every="1epoch", force=True)
        TRAINER.fit(corpus, keep_context=True, checkpoint=given, callbacks=ending(2))
    again = TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(folder, resume=True))
    assert same(again, whole)


def test_a_damaged_checkpoint_is_left_out_with_a_warning(tmp_path, corpus, whole):
    with pytest.raises(Ended):
        TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, "1epoch"), callbacks=ending(4))
    (newest, path), _ = numbered(tmp_path)
    damage(path)
    with pytest.warns(UserWarning, match=f"damaged and left out.*{path.name}"):
        again = TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, "1epoch", resume=True))
    assert same(again, whole)
    assert newest not in [number for number, _ in numbered(tmp_path)]
    for _, path in numbered(tmp_path):
        damage(path)
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(FormatError, match="all of them are damaged: start again with force=True"),
    ):
        TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, resume=True))


def test_a_truncated_checkpoint_is_left_out(tmp_path, corpus, whole):
    with pytest.raises(Ended):
        TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, "1epoch"), callbacks=ending(4))
    path = numbered(tmp_path)[0][1]
    os.truncate(path, path.stat().st_size // 2)
    with pytest.warns(UserWarning, match="damaged"):
        again = TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, resume=True))
    assert same(again, whole)


def test_a_full_disk_is_warned_of_and_training_goes_on(tmp_path, corpus, whole, monkeypatch):
    real, full = module.write_file, [False]

    def write(*arguments, **named):
        if full[0]:
            raise OutputError(28, "the disk must have room for the whole file beside the old one; it is full", "x")
        real(*arguments, **named)

    def fill(epoch):
        full[0] = epoch.number == 2

    monkeypatch.setattr(module, "write_file", write)
    with pytest.warns(UserWarning, match="could not be written, and the run goes on without it: .*full"):
        vectors = TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, "1epoch"), callbacks=fill)
    assert same(vectors, whole)
    assert len(numbered(tmp_path)) == 2
    assert same(TRAINER.fit(corpus, keep_context=True, checkpoint=Checkpoint(tmp_path, resume=True)), whole)


def test_a_folder_that_cannot_be_is_an_error_before_any_training(tmp_path, corpus):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        TRAINER.fit(corpus, checkpoint=tmp_path / "file")
    for wrong in ("", 7, b""):
        with pytest.raises(OptionError, match="checkpoint must be a folder"):
            TRAINER.fit(corpus, checkpoint=wrong)


@pytest.mark.parametrize(
    ("every", "interval"),
    [("0.3s", (0.3, 0)), ("10m", (600, 0)), ("1h", (3600, 0)), ("1.5h", (5400, 0)), ("2epochs", (0, 2))],
)
def test_intervals(every, interval):
    assert Checkpoint("folder", every).interval == interval


@pytest.mark.parametrize("every", ["", "10", "m", "0s", "-1m", "1.5epochs", "2 weeks", 10, None, "1e3s", "nan s"])
def test_other_intervals_are_refused(every):
    with pytest.raises(OptionError, match="every must be a time above 0, such as"):
        Checkpoint("folder", every)


def test_what_is_saved_is_of_one_moment_though_the_arrays_change_at_once(tmp_path):
    """Arrays larger than what is copied as a matter of course change as soon as `save` returns."""
    state = {name: np.zeros((60_000, 10), np.float32) for name in ("one", "two", "three")}
    saver = Checkpoints(Checkpoint(tmp_path))
    saver.begin({})
    for number in range(1, 6):
        for array in state.values():
            array[:] = number
        saver.save(state, {"epoch": number})
        for array in state.values():
            array[:] = -1
    saver.finish()
    other = Checkpoints(Checkpoint(tmp_path, resume=True))
    other.begin({})
    assert other.restore(state) == {"epoch": 5}
    assert all((array == 5).all() for array in state.values())
    assert [number for number, _ in numbered(tmp_path)] == [5, 4]


@pytest.mark.parametrize("metadata", [{}, {"position": 3}, {"position": None}])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, metadata):
    saver = Checkpoints(Checkpoint(tmp_path, resume=True, every="1h"))
    tmp_path.joinpath("checkpoint-000001.safetensors").write_bytes(b"")
    saver.begin({})
    state = {"one": np.zeros(3, np.float32)}
    write_file(
        tmp_path / "checkpoint-000001.safetensors",
        state,
        {"metadata": {"identity": saver.identity, **metadata}},
        kind="wordvec-checkpoint",
    )
    with pytest.raises(FormatError, match="must have a position to go on from"):
        saver.restore(state)
    write_file(
        tmp_path / "checkpoint-000001.safetensors",
        state,
        {"metadata": {"identity": saver.identity, "position": {}}},
        kind="wordvec-checkpoint",
    )
    with pytest.raises(FormatError, match=r"must have other, float32 \[2\]; it has None"):
        saver.restore({"other": np.zeros(2, np.float32)})
    with pytest.raises(FormatError, match=r"must have one, float32 \[2\]; it has float32 \[3\]"):
        saver.restore({"one": np.zeros(2, np.float32)})


def test_other_files_say_what_they_are(tmp_path, corpus):
    TRAINER.fit(corpus, checkpoint=tmp_path)
    with pytest.raises(FormatError, match="it holds a checkpoint, from which the command that wrote it goes on"):
        wordvec.load(numbered(tmp_path)[0][1])
