"""Flags for the options of several classes, of which a command line chooses one: codecs, methods, kinds of index."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from wordvec.base.errors import OptionError
from wordvec.base.options import Options, add_flag, flag_value

Table = Mapping[str, type[Options]]


def add_flags(parser: ArgumentParser, table: Table, without: Collection[str] = ()) -> None:
    """Add a flag for every option of the classes of a table; a flag that is not given is None.

    The help names the classes that have the option, and its default in each.
    """
    for name, owners in owners_of(table, without).items():
        of = next(iter(owners.values()))
        texts = {f.name: f.metadata.get("help", "") for f in fields(of)}
        defaults = {owner: _default(kind, name) for owner, kind in owners.items()}
        shown = set(defaults.values())
        if len(shown) == 1:
            default = shown.pop()
        else:
            default = ", ".join(f"{value} of {owner}" for owner, value in defaults.items() if value)
        text = f"{', '.join(owners)}: {texts[name]}".replace("%", "%%")
        add_flag(parser, of, name, None, text + f" (default: {default})".replace("%", "%%") * bool(default))


def owners_of(table: Table, without: Collection[str] = ()) -> dict[str, dict[str, type[Options]]]:
    """The options of all classes of a table, by name, and for each the classes that have it."""
    owners: dict[str, dict[str, type[Options]]] = {}
    for owner, of in table.items():
        for f in fields(of):
            if f.name not in without:
                owners.setdefault(f.name, {})[owner] = of
    return owners


def given_options(
    arguments: Namespace,
    table: Table,
    chosen: str,
    refusal: str = "must be left out with {flag} {chosen}: it is of {flag} {owners}",
    flag: str = "--method",
) -> dict[str, Any]:
    """The options that a command line gives, by name; OptionError for one that the chosen class does not have."""
    options: dict[str, Any] = {}
    for name, owners in owners_of(table).items():
        if getattr(arguments, name, None) is None:
            continue
        if chosen not in owners:
            problem = refusal.format(flag=flag, chosen=chosen, owners=" or ".join(owners))
            raise OptionError(f"--{name.replace('_', '-')} {problem}")
        options[name] = flag_value(table[chosen], name, arguments)
    return options


def _default(of: type[Options], name: str) -> str:
    """The default of an option as its help shows it: empty for None."""
    (default,) = (f.default for f in fields(of) if f.name == name)
    if default is None:
        return ""
    return ("yes" if default else "no") if isinstance(default, bool) else str(default)
