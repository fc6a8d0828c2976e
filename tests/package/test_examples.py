"""Every example runs as it stands, says something, and stays short."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import wordvec

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


def test_there_are_examples_and_they_are_numbered():
    assert [path.name[:3] for path in EXAMPLES] == [f"{i:02d}_" for i in range(1, len(EXAMPLES) + 1)]
    assert EXAMPLES


LONG = ("06_", "08_", "11_", "16_", "17_", "18_", "19_")  # more than 5 seconds


def case(path):
    """An example; a long one runs with the thorough tests."""
    marks = [pytest.mark.thorough] if path.name[:3] in LONG else []
    return pytest.param(path, id=path.name, marks=marks)


@pytest.mark.parametrize("path", [case(path) for path in EXAMPLES])
def test_example_runs(path, tmp_path):
    assert path.read_text(encoding="utf-8").count("\n") < 60
    environment = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parent.parent)}
    command = [sys.executable, "-W", "error", path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout
