"""Messages of the library in the words of the command line: what is reworded is still said."""

import ast
import re
from argparse import Namespace
from pathlib import Path

import pytest

import wordvec
from wordvec.cli import messages
from wordvec.cli.messages import in_flags

# patterns of messages whose text is put together when an error occurs
PUT_TOGETHER = {
    r"(it holds .*): (?:train a model on counts, or open them|fit a map|train one) with wordvec\.[\w.]+",
    r"(it holds counts of pairs of words)",
    r"; they are None:",
    r"; vectors\.without\(\.\.\.\) takes parts out before",
    r"a string or a pathlib\.Path; got ''",
}


@pytest.fixture(scope="module")
def texts():
    """All texts in the sources of the library, with x in the place of a value."""
    found = set()
    for path in Path(wordvec.__file__).parent.rglob("*.py"):
        if path == Path(messages.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.add("".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in messages._REWORDED])
def test_what_is_reworded_is_a_text_of_the_library(texts, pattern):
    """A message that was changed in the library must be changed in the table, too."""
    assert any(re.search(pattern, text) for text in texts) != (pattern in PUT_TOGETHER)


@pytest.mark.parametrize("argument", list(messages._ELSEWHERE))
def test_arguments_with_a_flag_of_another_verb_are_in_texts_of_the_library(texts, argument):
    assert any(argument in text for text in texts)
    assert in_flags(f"give {argument}", Namespace()) == f"give {messages._ELSEWHERE[argument]}"


@pytest.mark.parametrize(
    ("message", "arguments", "expected"),
    [
        ("min_count must be an integer >= 1; got 0", {"min_count": 0}, "--min-count must be an integer >= 1; got 0"),
        ("min_count must be an integer >= 1; got 0", {}, "min_count must be an integer >= 1; got 0"),
        ("give hs=False, or shrink_windows=True", {"shrink_windows": 1}, "give --no-hs, or --shrink-windows"),
        ("n must be 3", {"prune": 4}, "--prune must be 3"),
        ("words must be few", {"words": 4}, "words must be few"),
        ("see /a/min_count.txt", {"min_count": 1}, "see /a/min_count.txt"),
    ],
)
def test_arguments_become_flags(message, arguments, expected):
    assert in_flags(message, Namespace(**arguments)) == expected
