"""Flags of the options of several classes: one flag an option, its help by class, and what belongs to another class."""

from dataclasses import dataclass
from typing import Literal

import pytest

from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.parsing import Parser


@dataclass(frozen=True, kw_only=True)
class Oven(Options):
    """An oven."""

    heat: int = option(200, "degrees", low=50, high=300)
    fan: bool = option(True, "move the air")
    seed: int = option(0, "of the yeast")
    tray: Literal["flat", "deep"] | None = option("flat", "what stands below")


@dataclass(frozen=True, kw_only=True)
class Pan(Options):
    """A pan."""

    heat: int = option(150, "degrees", low=50, high=300)
    seed: int = option(0, "of the yeast")
    sizes: tuple[int, int] = option((20, 30), "width and length of 90 %", low=1)
    fat: float | Literal["auto"] = option("auto", "grams; auto: by weight", low=0)
    lid: str | None = option(None, "its name")


TABLE = {"oven": Oven, "pan": Pan}


def given(chosen, *words, **more):
    parser = Parser("wordvec cook")
    add_flags(parser, TABLE)
    return given_options(parser.parse_args(words), TABLE, chosen, **more)


def test_only_given_flags_are_options():
    assert given("oven") == {} == given("pan")
    assert given("oven", "--heat", "250", "--no-fan", "--tray", "none") == {"heat": 250, "fan": False, "tray": None}
    assert given("oven", "--tray", "deep") == {"tray": "deep"}
    options = given("pan", "--sizes", "3", "4", "--fat", "auto", "--lid", "x")
    assert options == {"sizes": [3, 4], "fat": "auto", "lid": "x"}
    assert Pan(**given("pan", "--sizes", "3", "4", "--fat", "2")) == Pan(sizes=(3, 4), fat=2.0)


def test_an_option_of_another_class_is_refused():
    with pytest.raises(OptionError, match=r"^--fan must be left out with --method pan: it is of --method oven$"):
        given("pan", "--fan")
    with pytest.raises(OptionError, match=r"^--sizes goes with pan, not with oven$"):
        given("oven", "--sizes", "3", "4", refusal="goes with {owners}, not with {chosen}")
    assert given("pan", "--heat", "100", "--fan", without=("fan",)) == {"heat": 100}


def test_help_names_the_classes_and_their_defaults(monkeypatch):
    monkeypatch.setenv("COLUMNS", "500")
    parser = Parser("wordvec cook")
    add_flags(parser, TABLE, without=("seed",))
    lines = " ".join(parser.format_help().split())
    assert "--heat N oven: degrees (default: 200); pan: degrees (default: 150)" in lines
    assert "--fan, --no-fan oven: move the air (default: yes)" in lines and "--seed" not in lines
    assert "--tray {flat,deep,none} oven: what stands below (default: flat)" in lines
    assert "--sizes N N pan: width and length of 90 % (default: 20 30)" in lines
    assert "--fat X|auto pan: grams; auto: by weight (default: auto)" in lines
    assert lines.endswith("--lid LID pan: its name")
    both = Parser("wordvec cook")
    add_flags(both, TABLE)
    assert "--seed N oven, pan: of the yeast (default: 0)" in " ".join(both.format_help().split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--heat", "hot"], "--heat must be an integer >= 50 and <= 300; got 'hot'"),
        (["--fat", "some"], "--fat must be a number >= 0 or auto; got 'some'"),
        (["--sizes", "3", "x"], "--sizes must be an integer >= 1; got 'x'"),
        (["--tray", "deap"], "did you mean deep?"),
        (["--sizes", "3"], "--sizes: expected 2 arguments"),
    ],
)
def test_a_value_that_is_none_is_said_in_flags(words, said, capsys):
    with pytest.raises(SystemExit) as stop:
        given("oven", *words)
    assert stop.value.code == 2 and said in capsys.readouterr().err


def test_options_read_themselves_from_their_flags():
    parser = Parser("wordvec cook")
    Oven.add_arguments(parser, without=("seed",))
    assert Oven.from_arguments(parser.parse_args(["--heat", "90", "--tray", "none"])) == Oven(heat=90, tray=None)
    assert Oven.from_arguments(parser.parse_args([]), seed=3, heat=60) == Oven(seed=3, heat=60)
