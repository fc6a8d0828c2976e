"""The help of every verb and sub-verb, by the table: it fits the terminal, shows defaults, and finds near flags."""

from argparse import SUPPRESS

import pytest

from wordvec.cli import VERBS, main
from wordvec.cli.parsing import Parser, command, parsed
from wordvec.cli.verbs import VerbGroup, leaves

LEAVES = list(leaves())
GROUPS = [(), *((name,) for name, verb in VERBS.items() if isinstance(verb, VerbGroup))]
each_verb = pytest.mark.parametrize("names", LEAVES, ids=" ".join)


def filled(names, words=()):
    """The parser of a verb, with its arguments."""
    parser = command()
    for name in names:
        parser = parser.verbs[name]
    return parser.filled(words)


def variants(names):
    """The parsers of a verb: one for each model, if its flags depend on the model."""
    parser = filled(names)
    yield [], parser
    if parser.chosen_by is not None:
        for choice in parser.chosen_by.choices:
            words = [parser.chosen_by.option_strings[0], choice]
            yield words, filled(names, words)


def shown(capsys, *words):
    assert main([*words, "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("names", [*GROUPS, *LEAVES], ids=lambda names: " ".join(names) or "wordvec")
def test_help_fits_the_terminal(names, columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    for words, _ in variants(names) if names in LEAVES else [([], None)]:
        text = shown(capsys, *names, *words)
        assert text.startswith(f"usage: {' '.join(['wordvec', *names])}")
        assert max(map(len, text.splitlines())) <= columns, words


def test_long_words_are_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    parser = Parser("wordvec test")
    parser.add_argument("--long", help="x" * 300)
    parser.add_argument("--choice", choices=["y" * 30, "z" * 90], help="which")
    parser.add_argument("files", nargs="+", metavar="A_LONG_NAME_OF_A_FILE")
    text = parser.format_help()
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("x") >= 300 and text.count("z") == 90 and "--choice CHOICE" in text


@each_verb
def test_help_shows_the_default_of_every_flag_that_has_one(names, capsys):
    for words, parser in variants(names):
        text = " ".join(shown(capsys, *names, *words).split())
        for action in parser._actions:
            if not action.option_strings or action.help == SUPPRESS or action.dest == "help":
                continue
            assert action.option_strings[-1] in text and action.help
            if action.nargs != 0 and action.default not in (None, SUPPRESS) and not isinstance(action.default, list):
                default = action.default
                if isinstance(default, bool):
                    default = "yes" if default else "no"
                elif default == ():
                    default = "none"
                assert f"(default: {default})" in text, action.option_strings


@each_verb
def test_an_unknown_flag_is_answered_with_the_near_one(names, capsys):
    tried = set()
    for words, parser in variants(names):
        for flag in parser._option_string_actions:
            if not flag.startswith("--") or flag in tried:
                continue
            tried.add(flag)
            with pytest.raises(SystemExit) as stop:
                parsed([*names, *words, f"{flag}x"])
            err = capsys.readouterr().err
            assert stop.value.code == 2 and err.count("\n") == 1
            assert f"error: there is no flag {flag}x; did you mean {flag}?" in err


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("train c --iter 3", "--epochs"),
        ("train c --size 3", "--vector-size"),
        ("train c --lr 3", "--alpha"),
        ("train c --ws 3", "--window"),
        ("train c --threads 3", "--workers"),
        ("count c --minCount 3", "--min-count"),
        ("classify train c --dim 3", "--vector-size"),
        ("similar v w --n 3", "-n"),
    ],
)
def test_the_name_of_a_flag_elsewhere_is_answered_with_its_name_here(words, flag, capsys):
    with pytest.raises(SystemExit):
        parsed(words.split())
    assert f"did you mean {flag}?" in capsys.readouterr().err


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: " ".join(names) or "wordvec")
def test_a_verb_with_sub_verbs_lists_them(names, capsys):
    verbs = VERBS if not names else VERBS[names[0]].verbs
    text = shown(capsys, *names)
    for name, verb in verbs.items():
        assert f"\n  {name} " in text and verb.help in " ".join(text.split())
        assert main([*names, f"{name}x"]) == 2
        assert f"did you mean {name}?" in capsys.readouterr().err


def test_help_is_also_a_verb(capsys):
    for names in [*GROUPS[1:], *LEAVES]:
        assert main(["help", *names]) == 0
        assert capsys.readouterr().out == shown(capsys, *names)
