"""Every reader on damaged files: errors of wordvec's alone, in bounded time and memory. See fuzzing.py."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fuzzing_damage import damage
from fuzzing_readers import READERS

pytest.importorskip("resource", reason="limits of memory and time need POSIX")

SCRIPT = Path(__file__).parent.parent / "fuzzing" / "fuzzing.py"
FEW = 3  # cases of each reader in the usual suite


def fuzzed(folder, *arguments):
    """What the fuzzer says; a failed test where something went wrong."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SCRIPT.parent), *sys.path])}
    command = [sys.executable, str(SCRIPT), *arguments, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
    return done.stdout


def test_a_few_damaged_files_for_every_reader(tmp_path):
    said = fuzzed(tmp_path, "--here", f"--count={FEW}")
    assert [line.split(":")[0] for line in said.splitlines()] == list(READERS)
    assert said.count(f"{FEW} cases from 0 of seed 1, 0 failed") == len(READERS)


def test_a_case_is_the_same_each_time_and_most_are_damaged():
    data = bytes(range(256)) * 4 + b"4 3\nword 1.5 2\n"
    made = [damage(data, np.random.default_rng([1, number])) for number in range(200)]
    assert made == [damage(data, np.random.default_rng([1, number])) for number in range(200)]
    assert len(set(made)) > 190 and sum(one == data for one in made) < 5


def test_what_goes_wrong_is_found_kept_and_can_be_repeated(tmp_path, monkeypatch):
    import fuzzing

    def broken(path, folder):
        if b"\xff" in path.read_bytes():
            raise KeyError("something foreign")

    monkeypatch.setitem(READERS, "pairs", READERS["pairs"]._replace(use=broken))
    done, wrong = fuzzing.cases("pairs", tmp_path / "a", 1, 0, 200, 60)
    assert done == 200 and 0 < len(wrong) < 200 and "something foreign" in wrong[0][1]
    number = wrong[-1][0]
    assert [again for again, _ in fuzzing.cases("pairs", tmp_path / "b", 1, number, 1, 60)[1]] == [number]
    kept = [folder / f"failed-{number}" for folder in (tmp_path / "a", tmp_path / "b")]
    first, again = (sorted(folder.glob("*pairs.tsv*")) for folder in kept)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again] != []


@pytest.mark.fuzz
@pytest.mark.parametrize("name", READERS)
def test_two_minutes_of_damaged_files(name, tmp_path):
    seed = int(os.environ.get("FUZZ_SEED", int.from_bytes(os.urandom(4), "little")))
    print(f"FUZZ_SEED={seed}")
    fuzzed(tmp_path, name, "--seconds=120", f"--seed={seed}")
