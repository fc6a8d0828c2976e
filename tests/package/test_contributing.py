"""The examples of CONTRIBUTING.md are those that the tests run, to the letter."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
TESTS = [path.read_text("utf-8") for path in sorted((CHECKOUT / "tests").glob("*/test_add_*.py"))]


def test_there_are_examples():
    assert len(BLOCKS) == 6 == 1 + len(TESTS)  # of the methods of align two in one file


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_an_example_is_short_and_is_run(block):
    assert any(block in test for test in TESTS)
    assert sum(bool(line) for line in block.splitlines()) <= 16
