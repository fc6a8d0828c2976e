"""Every command of the documentation has a verb and flags that there are."""

import re
import shlex
from pathlib import Path

import pytest

from wordvec.cli.parsing import parsed

CHECKOUT = Path(__file__).parents[2]
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(wordvec [a-z][^`]*)`")
ENDS = {"|", ">", "<", ">>", "&&", ";"}


def commands(text):
    """The words after `wordvec` in code blocks and in code within a sentence; no patterns such as [options]."""
    lines = [line for block in BLOCK.findall(text) for line in re.sub(r"\\\n", " ", block).split("\n")]
    lines += [" ".join(code.split()) for code in INLINE.findall(BLOCK.sub("", text))]
    for line in lines:
        for part in re.split(r"\s[|;&]+\s", line):
            match = re.match(r"(?:\$ )?(?:time )?wordvec (.*)", part.strip())
            if match and not re.search(r"\.\.\.|\[|[A-Z]{3}|<\(|\(A B C", match[1]):
                words = shlex.split(re.split(r"\s{3,}", match[1])[0], comments=True)  # what it does stands beside it
                end = next((i for i, word in enumerate(words) if word in ENDS), len(words))
                yield words[:end]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_understood(page, capsys):
    for words in commands(page.read_text(encoding="utf-8")):
        try:
            parsed(words)
        except SystemExit as stop:
            problem = capsys.readouterr().err
            is_mention = len(words) <= 4 and re.search("arguments are required|must come first|expected one", problem)
            assert stop.code == 0 or is_mention, f"wordvec {' '.join(words)}: {problem}"


def test_there_are_commands_to_test():
    assert sum(len(list(commands(page.read_text(encoding="utf-8")))) for page in PAGES) > 40
