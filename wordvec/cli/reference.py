"""The reference of the command line in Markdown, made from the parsers: `python -m wordvec.cli.reference PAGE...`.

A page is written by hand but for its blocks, which begin with `<!-- wordvec VERB -->` and end with `<!-- end -->`: the
text between is replaced by the usage, the arguments and the flags of the verb, or for `<!-- wordvec -->` by the verbs.
"""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS, Action
from collections.abc import Iterator, Sequence
from pathlib import Path

from wordvec.cli.help import Help
from wordvec.cli.parsing import Parser, command

_BLOCK = re.compile(r"<!-- wordvec ?([a-z -]*?) -->\n.*?<!-- end -->", re.DOTALL)
_WIDE = 10_000  # characters: a usage in one line, whatever the width of the terminal


def updated(page: str) -> str:
    """The page with all of its blocks made anew; ValueError for a block of a verb that there is not."""
    return _BLOCK.sub(
        lambda match: f"<!-- wordvec{' ' * bool(match[1])}{match[1]} -->\n{block(match[1])}<!-- end -->", page
    )


def blocks(page: str) -> list[str]:
    """The verbs of the blocks of a page, in order; empty for the table of verbs."""
    return [match[1] for match in _BLOCK.finditer(page)]


def block(name: str = "") -> str:
    r"""The Markdown of one verb, such as "align map", or of the table of verbs.

    >>> print(block("verify").partition("\n\n|")[0])
    ```
    wordvec verify [options] VECTORS
    ```
    """
    if not name:
        return "\n".join(["| verb | |", "|---|---|", *_verbs(command())]) + "\n"
    parser = _parser(name).filled()
    lines = ["```", _usage(parser), "```", "", "| argument | meaning |", "|---|---|"]
    chooser = parser.chosen_by
    if chooser is None:
        return "\n".join([*lines, *_rows(parser)]) + "\n"
    own = parser._action_groups[-1]
    lines += _rows(parser, without=own._group_actions)
    lines += ["", f"| option | {chooser.dest} | meaning |", "|---|---|---|", *_chosen_rows(name, chooser)]
    return "\n".join(lines) + "\n"


def _parser(name: str) -> Parser:
    parser = command()
    for word in name.split():
        if word not in parser.verbs:
            raise ValueError(f"a block must be of a verb or a sub-verb; there is none of {name!r}")
        parser = parser.verbs[word]
    return parser


def _verbs(parser: Parser) -> Iterator[str]:
    """A row for each verb, with a link to its section, and for each sub-verb."""
    for verb in parser.verbs.values():
        name = verb.prog.removeprefix("wordvec ")
        yield f"| [`{name}`](#{name.replace(' ', '-')}) | {_escaped(verb.verb.help if verb.verb else '')} |"
        yield from _verbs(verb)


def _usage(parser: Parser) -> str:
    formatter = Help(parser.prog, width=_WIDE)
    formatter.add_usage(parser.usage, parser._actions, (), prefix="")
    return formatter.format_help().strip()


def _rows(parser: Parser, without: Sequence[Action] = ()) -> Iterator[str]:
    """A row for each argument, positional ones first; those of a group with a title come after that title."""
    for group in parser._action_groups:
        actions = [a for a in group._group_actions if a not in without and a.help != SUPPRESS and a.dest != "help"]
        if actions and group not in parser._action_groups[:2]:
            yield f"| *{_escaped(group.title or '')}* | |"
        for action in actions:
            yield f"| {_invocation(action)} | {_meaning(action)} |"


def _chosen_rows(name: str, chooser: Action) -> Iterator[str]:
    """A row for each option, with the choices, such as models, that have it with this meaning and this default."""
    choices = [str(choice) for choice in chooser.choices or ()]
    owners: dict[tuple[str, str], list[str]] = {}
    for choice in choices:
        parser = _parser(name).filled([chooser.option_strings[0], choice])
        for action in parser._action_groups[-1]._group_actions:
            owners.setdefault((_invocation(action), _meaning(action)), []).append(choice)
    for (invocation, meaning), having in sorted(owners.items(), key=lambda item: item[0][0]):
        yield f"| {invocation} | {'all' if having == choices else ', '.join(having)} | {meaning} |"


def _invocation(action: Action) -> str:
    return f"`{Help('', width=_WIDE)._format_action_invocation(action)}`".replace("|", "\\|")


def _meaning(action: Action) -> str:
    return _escaped(Help("", width=_WIDE)._expand_help(action))


def _escaped(text: str) -> str:
    """Text for a cell of a table: marks of Markdown are escaped outside of code."""
    parts = text.replace("|", "\\|").split("`")
    for i in range(0, len(parts), 2):
        escaped = re.sub(r"([_*<\[\]~])", r"\\\1", parts[i])
        parts[i] = re.sub(r"(?<![\w-])--[a-z][\w-]*", r"`\g<0>`", escaped)
    return "`".join(parts)


def main(pages: Sequence[str]) -> None:
    """Update the blocks of pages in place."""
    for page in pages:
        path = Path(page)
        path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
