"""`wordvec train --init OLD --grow --freeze`: what is kept, what is said, and what is refused."""

import json
from pathlib import Path

import pytest

import wordvec

SMALL = ["--vector-size", "8", "--epochs", "2", "--min-count", "1", "--workers", "1", "--sample", "0"]
OLD = "\n".join("sun moon star cat" for _ in range(40))
NEW = "\n".join("cat dog cow star" for _ in range(40))


@pytest.fixture
def halves(here, command):
    """A folder with two texts, and vectors of the first."""
    Path("old.txt").write_text(OLD)
    Path("new.txt").write_text(NEW)
    assert command("train", "old.txt", "-o", "old.safetensors", "--keep-context", *SMALL, "--quiet")[0] == 0


def test_grow_keeps_all_words_and_says_how_far_they_moved(halves, command):
    status, out, err = command(
        "train", "new.txt", "--init", "old.safetensors", "--grow", "-o", "both.safetensors", *SMALL
    )
    assert (status, out) == (0, "both.safetensors\n")
    assert "6 vectors of 8 dimensions" in err
    assert "2 new words; " in err and "% of the 3 nearest old words of an old word are still among them" in err
    grown = wordvec.load("both.safetensors")
    assert sorted(grown) == ["cat", "cow", "dog", "moon", "star", "sun"]
    assert grown.get_vecattr("cat", "count") == 80 and grown.get_vecattr("sun", "count") == 40
    assert grown.context is not None


def test_grow_may_replace_the_file_that_it_starts_from(halves, command):
    replace = ["train", "new.txt", "--init", "old.safetensors", "-o", "old.safetensors", "--force", *SMALL]
    status, _, err = command(*replace)
    assert status == 2 and "2 of its 4 words are not among the 4 of the corpus; give --grow to keep them" in err
    assert len(wordvec.load("old.safetensors")) == 4
    assert command(*replace, "--grow")[0] == 0
    assert len(wordvec.load("old.safetensors")) == 6


def test_json_has_what_growth_did(halves, command):
    arguments = [
        "--init",
        "old.safetensors",
        "--grow",
        "--new-words",
        "random",
        "--json",
        "--quiet",
        "-o",
        "b.safetensors",
    ]
    summary = json.loads(command("train", "new.txt", *arguments, *SMALL)[1])
    init = summary["init"]
    assert (init["words"], init["shared"], init["added"]) == (4, 2, 2)
    assert init["started"] == {"ngrams": 0, "contexts": 0, "random": 2}
    assert 0 <= init["neighbours"]["kept"] <= 1


@pytest.mark.parametrize("freeze", ["known", "words.txt"])
def test_frozen_words_keep_their_vectors(halves, command, freeze):
    Path("words.txt").write_text("sun\ncat\n")
    arguments = ["--init", "old.safetensors", "--grow", "--freeze", freeze, "-o", "both.safetensors", *SMALL]
    assert command("train", "new.txt", *arguments)[0] == 0
    old, grown = wordvec.load("old.safetensors"), wordvec.load("both.safetensors")
    assert all((grown[word] == old[word]).all() for word in ("sun", "cat"))
    assert (grown["star"] == old["star"]).all() == (freeze == "known")


@pytest.mark.filterwarnings("default")  # the command shows the warning
def test_lost_words_are_named_with_the_way_to_keep_them(halves, command):
    status, _, err = command("train", "new.txt", "--init", "old.safetensors", "-o", "new.safetensors", *SMALL)
    assert status == 0 and "2 of the 4 words of init are not in the corpus" in err and "--grow" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grow"], "--init FILE must be given with --grow"),
        (["--freeze", "known"], "--init FILE must be given with --freeze"),
        (["--init", "old.safetensors", "--new-words", "random"], "--grow must be given with --new-words"),
        (["--init", "old.safetensors", "--growth-alpha", "end"], "--grow must be given with --new-words and --growth"),
        (["--init", "old.safetensors", "--grow", "--freeze", "old.txt"], "freeze must be words of init"),
        (["--init", "old.safetensors", "--grow", "--freeze", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_flags_that_do_not_fit_are_refused(halves, command, arguments, message):
    status, _, err = command("train", "new.txt", "-o", "x.safetensors", *SMALL, *arguments)
    assert status in (1, 2) and message in err and not Path("x.safetensors").exists()
