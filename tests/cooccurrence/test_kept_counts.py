"""Counting that goes on: after the last whole block, or from the counts where they are complete."""

import json
import os

import numpy as np
import pytest
from killed_runs import Ended

import wordvec
from wordvec import Checkpoint
from wordvec.base.errors import CorpusError, OptionError
from wordvec.cooccurrence import kept
from wordvec.cooccurrence.kept import Kept
from wordvec.cooccurrence.spill import Runs

SMALL = {"window": 3, "min_count": 1, "memory": 0.0003, "workers": 2}  # ten blocks


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    return wordvec.encode_corpus(
        ((150 * rng.random(300_000) ** 2).astype(np.int32), np.arange(0, 300_001, 20)), min_count=1
    )


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """The bytes of the file of the counts."""
    path = tmp_path_factory.mktemp("whole") / "counts.safetensors"
    wordvec.count(corpus, **SMALL).save(path)
    return path.read_bytes()


@pytest.fixture
def blocks(monkeypatch):
    """The number of every block that is counted, in order; `blocks.end` is one that is not finished."""

    class Blocks(list):
        end = None

    counted, real = Blocks(), Runs.start

    def start(runs):
        real(runs)
        counted.append(runs.count)
        if runs.count == counted.end:
            raise Ended

    monkeypatch.setattr(Runs, "start", start)
    return counted


def saved(counts, folder):
    counts.save(folder / "result.safetensors")
    return (folder / "result.safetensors").read_bytes()


def test_counts_with_a_checkpoint_are_the_same(corpus, whole, tmp_path, blocks):
    assert saved(wordvec.count(corpus, **SMALL, checkpoint=tmp_path / "kept"), tmp_path) == whole
    assert len(blocks) > 4
    assert sorted(os.listdir(tmp_path / "kept")) == ["counting", "counts.safetensors"]
    assert os.listdir(tmp_path / "kept" / "counting") == ["state.json"]


def test_blocks_are_not_counted_again(corpus, whole, tmp_path, blocks):
    for end, expected in ((2, [1, 2]), (5, [2, 3, 4, 5])):
        blocks.clear()
        blocks.end = end
        with pytest.raises(Ended):
            wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=end > 2))
        assert blocks == expected
    blocks.clear()
    blocks.end = None
    counts = wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert saved(counts, tmp_path) == whole and blocks[0] == 5
    blocks.clear()
    again = wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert saved(again, tmp_path) == whole and blocks == []


def test_a_count_of_one_block_starts_again(corpus, whole, tmp_path, monkeypatch):
    options = SMALL | {"memory": 1.0}
    with monkeypatch.context() as patched, pytest.raises(Ended):
        patched.setattr(Kept, "keep", lambda *arguments: (_ for _ in ()).throw(Ended))
        wordvec.count(corpus, **options, checkpoint=tmp_path / "kept")
    with pytest.warns(UserWarning, match="no checkpoint to go on from"):
        counts = wordvec.count(corpus, **options, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert saved(counts, tmp_path) == whole


def stop_at(corpus, folder, blocks, end=4):
    blocks.end = end
    with pytest.raises(Ended):
        wordvec.count(corpus, **SMALL, checkpoint=folder)
    blocks.clear()
    blocks.end = None


@pytest.mark.parametrize("name", ["runs", "offsets"])
def test_damaged_rows_are_counted_again(corpus, whole, tmp_path, blocks, name):
    stop_at(corpus, tmp_path / "kept", blocks)
    with open(tmp_path / "kept" / "counting" / name, "r+b") as file:
        file.seek(100)
        file.write(b"damage")
    with pytest.warns(UserWarning, match="rows that were counted are damaged"):
        counts = wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert saved(counts, tmp_path) == whole and blocks[0] == 1


def test_a_damaged_state_is_counted_again(corpus, whole, tmp_path, blocks):
    stop_at(corpus, tmp_path / "kept", blocks)
    (tmp_path / "kept" / "counting" / "state.json").write_text("{")
    with pytest.warns(UserWarning, match="is damaged, and counting starts again"):
        counts = wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert saved(counts, tmp_path) == whole


def test_damaged_counts_are_made_again(corpus, whole, tmp_path):
    wordvec.count(corpus, **SMALL, checkpoint=tmp_path / "kept")
    path = tmp_path / "kept" / "counts.safetensors"
    os.truncate(path, path.stat().st_size - 8)
    with pytest.warns(UserWarning, match="cannot be used, and are made again"):
        counts = wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert saved(counts, tmp_path) == whole


def test_another_division_is_counted_again(corpus, whole, tmp_path, blocks):
    stop_at(corpus, tmp_path / "kept", blocks)
    with pytest.warns(UserWarning, match="of another division: with the same memory and workers"):
        counts = wordvec.count(
            corpus, **SMALL | {"memory": 0.0004}, checkpoint=Checkpoint(tmp_path / "kept", resume=True)
        )
    assert saved(counts, tmp_path) == whole and blocks[0] == 1


def test_other_options_and_texts_are_refused(corpus, tmp_path, blocks):
    stop_at(corpus, tmp_path / "kept", blocks)
    going_on = Checkpoint(tmp_path / "kept", resume=True)
    with pytest.raises(OptionError, match=r"window 3 \(now 4\)"):
        wordvec.count(corpus, **SMALL | {"window": 4}, checkpoint=going_on)
    with pytest.raises(OptionError, match=r"per_offset False \(now True\)"):
        wordvec.count(corpus, **SMALL, per_offset=True, checkpoint=going_on)
    with pytest.raises(OptionError, match=r"corpus '[0-9a-f]+' \(now '"):
        wordvec.count([["a", "b"]] * 5, **SMALL, checkpoint=going_on)
    with pytest.raises(OptionError, match="resume=True, give another folder"):
        wordvec.count(corpus, **SMALL, checkpoint=tmp_path / "kept")


def test_a_full_disk(corpus, whole, tmp_path, blocks, monkeypatch):
    """While rows are written it ends the count, which can go on; counts that cannot be kept are a warning."""
    with monkeypatch.context() as patched, pytest.raises(CorpusError, match="No space"):

        def add(runs, part):
            if runs.count == 3:
                raise CorpusError("cannot write counts: No space left on device")
            real(runs, part)

        real = Runs.add
        patched.setattr(Runs, "add", add)
        wordvec.count(corpus, **SMALL, checkpoint=tmp_path / "kept")
    blocks.clear()

    def save(counts, path):
        raise kept.OutputError(28, "the disk is full", str(path))

    with monkeypatch.context() as patched, pytest.warns(UserWarning, match="could not be kept, and the run goes on"):
        patched.setattr(kept.Cooccurrence, "save", save)
        counts = wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert blocks[0] == 3 and saved(counts, tmp_path) == whole


def test_what_a_killed_process_wrote_beyond_the_last_block_is_cut_off(corpus, whole, tmp_path, blocks):
    stop_at(corpus, tmp_path / "kept", blocks)
    folder = tmp_path / "kept" / "counting"
    state = json.loads((folder / "state.json").read_bytes())
    assert state["blocks"] == 3 and (folder / "offsets").stat().st_size > state["offsets"][0]
    with open(folder / "runs", "ab") as file:
        file.write(b"torn")
    counts = wordvec.count(corpus, **SMALL, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
    assert saved(counts, tmp_path) == whole
