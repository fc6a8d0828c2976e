"""From a command line to arguments: verbs and sub-verbs, `--`, and the nearest name for an unknown one."""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

from wordvec import __version__
from wordvec.cli.help import Help
from wordvec.cli.verbs import VERBS, Verb, VerbGroup

# No word of a command line can hold a NUL: it marks words after `--`, which are no flags, and the place of `--` itself.
_MARK = "\0"
_END = "--" + _MARK
_NAME = "wordvec"
_COMMAND: Verb | VerbGroup = VerbGroup("static word embeddings: train, keep, query", VERBS)


def parsed(words: Sequence[str]) -> Namespace:
    """The arguments of a command line, with `run` to do it.

    SystemExit after help, and after an error in the command line, which is then on stderr.
    """
    prog, verb, line = _NAME, _COMMAND, _marked(words)
    if line[:1] == ["help"]:  # `wordvec help VERB`, as other commands have it
        line = [*line[1:], "--help"]
    if line[:1] == ["--version"]:
        sys.stdout.write(f"{_NAME} {__version__}\n")
        raise SystemExit(0)
    while isinstance(verb, VerbGroup):  # of all parsers only the one in use is made: it is quicker
        name = line[0] if line else ""
        if name not in verb.verbs:
            Parser(prog, verb).no_verb(line)
        prog, verb, line = f"{prog} {name}", verb.verbs[name], line[1:]
    return Parser(prog, verb).arguments(line)


def command() -> Parser:
    """The parser of `wordvec`, with a sub-parser for each verb; verbs get their flags when they are used."""
    return Parser(_NAME, _COMMAND)


class Parser(ArgumentParser):
    """A parser of one verb: its errors are one line, and name the nearest flag or choice.

    `words` are the rest of the command line, `chosen_by` is the flag that says which other flags there are.
    """

    def __init__(self, prog: str, verb: Verb | VerbGroup | None = None, add_help: bool = True) -> None:
        does = "" if verb is None else f"{verb.help[:1].upper()}{verb.help[1:]}."
        super().__init__(prog, description=does, formatter_class=Help, add_help=add_help, allow_abbrev=False)
        self._positionals.title = "arguments"
        self.color = False  # Python 3.14 would colour the help
        self.verb = verb
        self.verbs: dict[str, Parser] = {}
        self.words: Sequence[str] = ()
        self.chosen_by: Action | None = None
        if isinstance(verb, VerbGroup):
            self._add_verbs(prog, verb.verbs)

    def _add_verbs(self, prog: str, verbs: Mapping[str, Verb | VerbGroup]) -> None:
        is_command = prog == _NAME
        what = "verb" if is_command else "action"
        if is_command:
            self.add_argument("--version", action="version", version=f"{prog} {__version__}", help="print the version")
        group = self.add_subparsers(title=f"{what}s", metavar=what.upper(), parser_class=Parser)
        for name, verb in verbs.items():
            self.verbs[name] = group.add_parser(name, help=verb.help, prog=f"{prog} {name}", verb=verb)
        self.epilog = f"`{prog} {what.upper()} --help` lists the arguments of {'a' if is_command else 'an'} {what}."

    def filled(self, words: Sequence[str] = ()) -> Parser:
        """The parser itself, after its verb has declared its arguments; `words` are the rest of the command line."""
        assert isinstance(self.verb, Verb)
        self.words = words
        module = import_module(f".{self.verb.module}", __package__)
        module.add_arguments(self)
        self.set_defaults(run=module.run)
        return self

    def choose(self, flag: str, choices: Iterable[str], default: str, help: str) -> str:
        """Add a flag with choices that says which flags follow, such as `--model`: its value on the command line."""
        first = Parser(self.prog, add_help=False)
        self.chosen_by = self.add_argument(flag, choices=list(choices), default=default, help=help)
        chosen = first.add_argument(flag, choices=list(choices), default=default)
        return str(getattr(first.parse_known_args(list(self.words))[0], chosen.dest))

    def arguments(self, line: Sequence[str]) -> Namespace:
        """Files and flags in any order; what comes after `--` is no flag."""
        self.filled(line)
        flags = self._option_string_actions
        for word in line:
            flag = word.partition("=")[0]
            if word.startswith("--") and word != _END and flag not in flags and " " not in flag:
                self.error(f"there is no flag {flag}{_nearest_flag(flag, flags)}")
        self.add_argument(_END, action="store_true", dest=_MARK, help=SUPPRESS)
        self.set_defaults(parser=self)
        arguments, rest = self.parse_known_intermixed_args(line)
        if rest:
            self.error(f"not understood: {' '.join(rest)}{_nearest_flag(rest[0].partition('=')[0], flags)}")
        delattr(arguments, _MARK)
        for name, value in vars(arguments).items():
            setattr(arguments, name, _unmarked(value))
        return arguments

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print the help; argparse would pass over an error of the stream, such as a full disk."""
        (file or sys.stdout).write(message)

    def error(self, message: str) -> NoReturn:
        """One line on stderr, and where the help is; exit status 2."""
        message = re.sub(r"^argument ([^:]+): must be", r"\1 must be", message.replace(_MARK, ""))
        if invalid := re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message, re.DOTALL):
            message += _nearest(invalid[1], re.findall(r"[\w.+-]+", invalid[2]))
        sys.stderr.write(f"{self.prog}: error: {message}; `{self.prog} --help` lists what there is\n")
        raise SystemExit(2)

    def no_verb(self, line: Sequence[str]) -> NoReturn:
        """Help, the version, or an error, where no verb comes first."""
        first = line[0].replace(_MARK, "") if line else ""
        if first in ("--help", "-h"):
            self.parse_args([first])
        verb = next((word for word in line if word in self.verbs), None)
        if self.prog == _NAME:
            wanted, problem = "a verb", f"there is no verb {first!r}"
        else:
            wanted, problem = "an action", f"invalid choice: {first!r}"
        if not first:
            problem = "nothing was given"
        elif verb:
            problem = f"got {first!r} before {verb}"
        else:
            problem += _nearest(first, self.verbs)
        sys.stderr.write(f"{self.prog}: error: {wanted} must come first: {' '.join(self.verbs)}; {problem}\n")
        raise SystemExit(2)


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


def _nearest_flag(flag: str, flags: Iterable[str]) -> str:
    """The flag that an unknown one is called here, such as --epochs for --iter, or else the nearest one."""
    names = {_as_name(known): known for known in flags if known != _END}
    return _nearest(_as_name(flag), names, names)


def _as_name(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def _nearest(name: str, names: Iterable[str], shown: Mapping[str, str] | None = None) -> str:
    """A question that names what `name` may stand for; nothing where nothing is near.

    >>> _nearest("trian", ["train", "count"]), _nearest("iter", ["epochs"], {"epochs": "--epochs"})
    ('; did you mean train?', '; did you mean --epochs?')
    >>> _nearest("x", ["train"])
    ''
    """
    from wordvec.base.option_names import meant_by

    meant = meant_by(name, list(names))
    if meant is None:
        return ""
    return f"; did you mean {shown[meant] if shown else meant}?"
