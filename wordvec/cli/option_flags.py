"""Flags for the options of several classes, of which a command line chooses one: codecs, methods, kinds of index."""

from __future__ import annotations

from argparse import Namespace, _ActionsContainer
from collections.abc import Collection, Mapping
from dataclasses import Field, fields
from typing import Any, get_type_hints

from wordvec.base.errors import OptionError
from wordvec.base.options import Options, add_flag, flag_value, help_with_default

Table = Mapping[str, type[Options]]
Owners = dict[str, tuple[Field[Any], Any]]


def add_flags(parser: _ActionsContainer, table: Table, without: Collection[str] = ()) -> None:
    """Add a flag for every option of the classes of a table; without the flag, its value is None.

    The help names the classes that have the option, if there are several, with the default in each.
    """
    for name, owners in _owners(table).items():
        if name not in without:
            field, hint = next(iter(owners.values()))
            text = help_with_default(field) if len(table) == 1 else _help(owners)
            add_flag(parser, field, hint, None, text)


def given_options(
    arguments: Namespace,
    table: Table,
    chosen: str,
    refusal: str = "must be left out with --method {chosen}: it is of --method {owners}",
    without: Collection[str] = (),
) -> dict[str, Any]:
    """The options that a command line gives, by name; OptionError for one that the chosen class does not have."""
    options: dict[str, Any] = {}
    for name, owners in _owners(table).items():
        if name in without or getattr(arguments, name) is None:
            continue
        if chosen not in owners:
            problem = refusal.format(chosen=chosen, owners=" or ".join(owners))
            raise OptionError(f"--{name.replace('_', '-')} {problem}")
        options[name] = flag_value(*owners[chosen], arguments)
    return options


def _owners(table: Table) -> dict[str, Owners]:
    """The options of all classes of a table by name; for each the classes that have it, with its field and its type."""
    owners: dict[str, Owners] = {}
    for owner, of in table.items():
        hints = get_type_hints(of)
        for field in fields(of):
            owners.setdefault(field.name, {})[owner] = field, hints[field.name]
    return owners


def _help(owners: Owners) -> str:
    """The help of an option: for each text and default, the classes that have it."""
    texts: dict[str, list[str]] = {}
    for owner, (field, _) in owners.items():
        texts.setdefault(help_with_default(field), []).append(owner)
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in texts.items())
