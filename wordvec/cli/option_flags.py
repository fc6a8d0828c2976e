"""Flags for the options of several classes, of which a command line chooses one: codecs, methods, kinds of index."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Mapping
from dataclasses import Field, fields
from typing import Any, get_type_hints

from wordvec.base.errors import OptionError
from wordvec.base.options import Options, add_flag, flag_value

Table = Mapping[str, type[Options]]


def add_flags(parser: ArgumentParser, table: Table, without: Collection[str] = ()) -> None:
    """Add a flag for every option of the classes of a table; the value of a flag that is not given is None.

    The help names the classes that have the option, and its default in each.
    """
    for name, owners in _owners(table).items():
        if name in without:
            continue
        field, hint = next(iter(owners.values()))
        add_flag(parser, field, hint, None, _help(owners).replace("%", "%%"))


def given_options(
    arguments: Namespace,
    table: Table,
    chosen: str,
    flag: str = "--method",
    refusal: str = "must be left out with {flag} {chosen}: it is of {flag} {owners}",
) -> dict[str, Any]:
    """The options that a command line gives, by name; OptionError for one that the chosen class does not have."""
    options: dict[str, Any] = {}
    for name, owners in _owners(table).items():
        if getattr(arguments, name, None) is None:
            continue
        if chosen not in owners:
            problem = refusal.format(flag=flag, chosen=chosen, owners=" or ".join(owners))
            raise OptionError(f"--{name.replace('_', '-')} {problem}")
        options[name] = flag_value(*owners[chosen], arguments)
    return options


Owners = dict[str, tuple[Field[Any], Any]]


def _owners(table: Table) -> dict[str, Owners]:
    """The options of all classes of a table by name; for each the classes that have it, with its field and its type."""
    owners: dict[str, Owners] = {}
    for owner, of in table.items():
        hints = get_type_hints(of)
        for field in fields(of):
            owners.setdefault(field.name, {})[owner] = field, hints[field.name]
    return owners


def _help(owners: Owners) -> str:
    """The help of an option, with the classes that have it and its defaults; where texts differ, the first."""
    defaults = {owner: _shown(field.default) for owner, (field, _) in owners.items()}
    text = next(iter(owners.values()))[0].metadata["help"]
    if len(set(defaults.values())) == 1:
        default = next(iter(defaults.values()))
    else:
        default = ", ".join(f"{owner} {value}" for owner, value in defaults.items() if value)
    return f"{', '.join(owners)}: {text}" + f" (default: {default})" * bool(default)


def _shown(default: Any) -> str:
    """A default in the help; empty for None."""
    if default is None:
        return ""
    return ("yes" if default else "no") if isinstance(default, bool) else str(default)
