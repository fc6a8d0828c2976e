"""The help of a verb: a short usage, choices in the text, defaults, and lines that fit the terminal."""

from __future__ import annotations

import re
from argparse import SUPPRESS, Action, HelpFormatter, _SubParsersAction
from collections.abc import Callable, Iterable
from typing import Any

_LONGEST_CHOICES = 24  # characters of `{a,b,c}` that stand beside a flag; longer lists of choices go to its text


class Help(HelpFormatter):
    """Help as wide as the terminal; every flag with a value shows its default."""

    def add_usage(self, usage: str | None, actions: Iterable[Action], groups: Any, prefix: str | None = None) -> None:
        """One line: the required flags, `[options]`, and the positional arguments."""
        actions = list(actions)
        if usage is None:
            required = [f"{a.option_strings[0]} {self._values(a)}" for a in actions if a.option_strings and a.required]
            positional = [self._values(a) for a in actions if not a.option_strings]
            optional = any(a.option_strings and not a.required and a.help != SUPPRESS for a in actions)
            usage = " ".join([self._prog, *required, *["[options]"] * optional, *positional]).replace("%", "%%")
        super().add_usage(usage, actions, groups, prefix)

    def _values(self, action: Action) -> str:
        """The values of a flag or a positional argument, such as `CORPUS [CORPUS ...]`."""
        default = (
            self._get_default_metavar_for_optional
            if action.option_strings
            else (self._get_default_metavar_for_positional)
        )
        return self._format_args(action, default(action))

    def _format_usage(self, usage: str | None, *arguments: Any) -> str:
        """The usage in lines that fit; a line after the first is indented."""
        text = super()._format_usage(usage, *arguments).strip()
        start = text.find(" ", len("usage: "))
        lines = self._wrapped(text, " " * min(len(text) if start < 0 else start + 1, 24))
        return "\n".join(lines) + "\n\n"

    def _wrapped(self, text: str, indent: str) -> list[str]:
        from textwrap import wrap

        return wrap(text, self._width, subsequent_indent=indent, break_on_hyphens=False)

    def _format_action(self, action: Action) -> str:
        if isinstance(action, _SubParsersAction):  # only the table of verbs, without a line above it
            return "".join(self._format_action(verb) for verb in action._get_subactions())
        return super()._format_action(action)

    def _format_action_invocation(self, action: Action) -> str:
        """`-o, --output OUT`, with the value once."""
        if not action.option_strings:
            return super()._format_action_invocation(action)
        values = "" if action.nargs == 0 else f" {self._values(action)}"
        return f"{', '.join(action.option_strings)}{values}"

    def _metavar_formatter(self, action: Action, default_metavar: str) -> Any:
        if action.metavar is None and has_long_choices(action):
            return lambda size: (default_metavar,) * size
        return super()._metavar_formatter(action, default_metavar)

    def _get_help_string(self, action: Action) -> str:
        return help_text(action)


class Later(str):
    """A text of help that is made when it is shown, where making it takes long; it stands for it until then."""

    make: Callable[[], str]


def later(make: Callable[[], str]) -> Later:
    """The help that a function makes."""
    text = Later("shown when it is asked for")
    text.make = make
    return text


def has_long_choices(action: Action) -> bool:
    """Whether the choices of a flag are listed in its text, and not beside it."""
    return action.choices is not None and len(",".join(map(str, action.choices))) + 2 > _LONGEST_CHOICES


def help_text(action: Action) -> str:
    """What a flag or an argument means, with its choices where they are many, and with its default."""
    text = action.help.make() if isinstance(action.help, Later) else action.help or ""
    if has_long_choices(action) and not isinstance(action, _SubParsersAction):
        names = [str(choice).replace("%", "%%") for choice in action.choices or ()]
        if not all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names):
            text, parenthesis, rest = text.partition(" (default")
            text = f"{text}{': ' if text else ''}{', '.join(names)}{parenthesis}{rest}"
    takes_value = bool(action.option_strings) and action.nargs != 0
    has_default = not isinstance(action.default, (bool, list)) and action.default not in (None, SUPPRESS, "")
    return f"{text} (default: %(default)s)" if takes_value and has_default and "default" not in text else text
