"""A command line to arguments: verbs and sub-verbs, `--`, help with defaults, the near name of an unknown one."""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS, Action, ArgumentParser, HelpFormatter, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple, NoReturn

from wordvec import __version__
from wordvec.cli.verbs import VERBS

# No word of a command line can hold a NUL: it marks words after `--`, which are no flags, and the place of `--` itself.
_MARK = "\0"
_END = "--" + _MARK


class SubVerb(NamedTuple):
    """What a sub-verb does, the arguments it takes (given those of the line), and the function that does it.

    A module of a verb with sub-verbs has them in a table `ACTIONS`, by name; `action` is then an argument.
    """

    help: str
    add_arguments: Callable[[ArgumentParser, Sequence[str]], None]
    run: Callable[[Namespace], None]


def parsed(words: Sequence[str]) -> Namespace:
    """The arguments of a command line, with `run` to do it; of the verbs, only the one that is used is set up.

    SystemExit where the help was asked for, or where something is wrong, after it was said on stderr.
    """
    words = list(words)
    if words[:1] == ["help"]:  # as other commands have it
        words = [*words[1:], "--help"]
    name = words[0] if words else ""
    if name not in VERBS:
        _no_verb(words)
    verb, module = VERBS[name], import_module(f".{VERBS[name].module}", __package__)
    actions: Mapping[str, SubVerb] = getattr(module, "ACTIONS", {})
    line, prog = _marked(words[1:]), f"wordvec {name}"
    if not actions:
        parser = Parser(prog, verb.help)
        getattr(module, verb.add_arguments)(parser, line)
        return parser.arguments(line, run=getattr(module, verb.run))
    action = line[0] if line else ""
    if action not in actions:
        _no_action(prog, verb.help, actions, line)
    parser = Parser(f"{prog} {action}", actions[action].help)
    actions[action].add_arguments(parser, line[1:])
    return parser.arguments(line[1:], run=actions[action].run, action=action)


class Parser(ArgumentParser):
    """A parser that says one line where something is wrong, and names the near flag or choice."""

    def __init__(self, prog: str, does: str = "", add_help: bool = True) -> None:
        text = f"{does[:1].upper()}{does[1:]}."
        super().__init__(prog, description=text, formatter_class=_Help, add_help=add_help, allow_abbrev=False)

    def arguments(self, line: Sequence[str], **others: Any) -> Namespace:
        """Files and flags in any order; what comes after `--` is no flag."""
        known = self._option_string_actions
        for word in line:
            flag = word.partition("=")[0]
            if word.startswith("--") and word != _END and flag not in known and " " not in flag:
                self.error(f"there is no flag {flag}{_near(flag, known)}")
        self.add_argument(_END, action="store_true", dest=_MARK, help=SUPPRESS)
        self.set_defaults(parser=self, **others)
        found, rest = self.parse_known_intermixed_args(line)
        if rest:
            near = _near(rest[0].partition("=")[0], known)
            self.error(f"not understood: {' '.join(rest)}{near}")
        delattr(found, _MARK)
        for name, value in vars(found).items():
            setattr(found, name, _unmarked(value))
        return found

    def error(self, message: str) -> NoReturn:
        """One line on stderr, and where the help is; exit status 2."""
        message = message.replace(_MARK, "")
        if found := re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message, re.DOTALL):
            message += _near(found[1], re.findall(r"[\w.+-]+", found[2]))
        sys.stderr.write(f"{self.prog}: error: {message}; `{self.prog} --help` lists what there is\n")
        raise SystemExit(2)


class _Help(HelpFormatter):
    """Help that shows the default of every flag that has one to show."""

    def _get_help_string(self, action: Action) -> str | None:
        text = action.help or ""
        silent = (None, False, True, SUPPRESS, "")
        if not action.option_strings or action.nargs == 0 or "default" in text or isinstance(action.default, list):
            return text
        return text if any(action.default is value for value in silent) else f"{text} (default: %(default)s)"


def _marked(words: Sequence[str]) -> list[str]:
    """The words of a line in which those after `--` can be told from flags."""
    if "--" not in words:
        return list(words)
    place = list(words).index("--")
    return [*words[:place], _END, *(_MARK + word for word in words[place + 1 :])]


def _unmarked(value: Any) -> Any:
    if isinstance(value, str):
        return value.removeprefix(_MARK)
    return [_unmarked(item) for item in value] if isinstance(value, list) else value


def _near(name: str, names: Iterable[str]) -> str:
    """A question that names what is written almost like `name`; nothing where nothing is."""
    near = get_close_matches(name, [known for known in names if known != _END], 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _table(title: str, helps: Mapping[str, str], last: str) -> str:
    return f"{title}:\n" + "".join(f"  {name:12}{text}\n" for name, text in helps.items()) + f"\n{last}\n"


def _no_verb(words: Sequence[str]) -> NoReturn:
    """Help, the version, or an error: what is said where no verb comes first."""
    helps = {name: verb.help for name, verb in VERBS.items()}
    first = words[0] if words else ""
    if first in ("--help", "-h"):
        sys.stdout.write("usage: wordvec VERB ...\n\nStatic word embeddings: train, keep, query.\n\n")
        sys.stdout.write(_table("verbs", helps, "`wordvec VERB --help` lists the arguments of a verb."))
        sys.stdout.write("`wordvec --version` prints the version.\n")
        raise SystemExit(0)
    if first == "--version":
        sys.stdout.write(f"wordvec {__version__}\n")
        raise SystemExit(0)
    got = f"there is no verb {first!r}{_near(first, VERBS)}" if first else "nothing was given"
    verb = next((word for word in words if word in VERBS), None)
    got = f"got {first!r} before {verb}" if verb else got
    sys.stderr.write(f"wordvec: error: a verb must come first: {' '.join(VERBS)}; {got}\n")
    raise SystemExit(2)


def _no_action(prog: str, does: str, actions: Mapping[str, SubVerb], line: Sequence[str]) -> NoReturn:
    """The same for the sub-verbs of a verb."""
    helps = {name: action.help for name, action in actions.items()}
    first = line[0] if line else ""
    if first in ("--help", "-h"):
        sys.stdout.write(f"usage: {prog} ACTION ...\n\n{does[:1].upper()}{does[1:]}.\n\n")
        sys.stdout.write(_table("actions", helps, f"`{prog} ACTION --help` lists the arguments of an action."))
        raise SystemExit(0)
    got = f"invalid choice: {first!r}{_near(first, actions)}" if first else "nothing was given"
    sys.stderr.write(f"{prog}: error: an action must come first: {' '.join(actions)}; {got.replace(_MARK, '')}\n")
    raise SystemExit(2)
