"""Docstrings of wordvec, plain text with `code` in single backticks, as reStructuredText for Sphinx."""

from __future__ import annotations

import re

CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
SPECIAL = re.compile(r"([\\*|_`])")


def escaped(text: str) -> str:
    """Plain text with the characters escaped that reStructuredText would take for markup."""
    return SPECIAL.sub(r"\\\1", text)


def inline(text: str) -> str:
    """A paragraph: code in backticks becomes a literal, the rest plain text."""
    parts, end = [], 0
    for match in CODE.finditer(text):
        code = " ".join(match[2].split())
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        # a literal must not touch a letter: `\ ` is an empty separator
        parts.append(escaped(text[end : match.start()]))
        parts.append("\\ " * before.isalnum() + f"``{code}``" + "\\ " * after.isalnum())
        end = match.end()
    return "".join([*parts, escaped(text[end:])])


def blocks(lines: list[str]) -> list[list[str]]:
    """The lines cut at blank lines and where examples, lists or indented lines begin."""
    found: list[list[str]] = [[]]
    for line in lines:
        last = found[-1]
        example = bool(last) and last[0].startswith(">>>")
        begins = line.startswith(">>>") and not example
        item = line.startswith("- ") and not example
        plain = bool(last) and not example and not last[0].startswith("- ")
        turn = plain and line.startswith(" ") != last[0].startswith(" ")  # from text to indented lines, or back
        if not line.strip() or begins or item or turn:
            found.append([])
        if line.strip():
            found[-1].append(line)
    return [block for block in found if block]


def indented(block: list[str]) -> list[str]:
    """An indented block: where it has two levels, such as options and their help, a definition list, else as it is."""
    depth = min(len(line) - len(line.lstrip()) for line in block)
    deeper = [line[depth:].startswith(" ") for line in block]
    if deeper[0] or not any(deeper):
        return ["::", "", *("    " + line[depth:] for line in block)]
    return [f"    {inline(line.strip())}" if deep else f"``{line.strip()}``" for line, deep in zip(block, deeper)]


def to_rest(lines: list[str]) -> list[str]:
    """The lines of a docstring as lines of reStructuredText."""
    result: list[str] = []
    for block in blocks(lines):
        if block[0].startswith(">>>"):
            result += block
        elif block[0].startswith(" "):
            result += indented(block)
        else:
            result += inline("\n".join(block)).split("\n")
        result.append("")
    return result
