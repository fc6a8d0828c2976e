"""Options: bounds, messages, metadata and the command line, all from one declaration."""

from argparse import ArgumentParser
from dataclasses import FrozenInstanceError, dataclass
from typing import Literal

import numpy as np
import pytest

from wordvec.errors import OptionError, WordvecError
from wordvec.options import Options, option


@dataclass(frozen=True, kw_only=True)
class Oven(Options):
    shelves: int = option(3, "shelves in the oven", low=1, high=9)
    heat: float = option(180.0, "degrees; 100 % is 250", above=0)
    fan: bool = option(False, "blow the heat around")
    mode: Literal["bake", "grill"] = option("bake", "where the heat comes from")
    timer: int | None = option(None, "minutes; none given: until opened", low=1)
    label: str = option("oven", "name")


def parsed(*words):
    parser = ArgumentParser(allow_abbrev=False)
    Oven.add_arguments(parser)
    return Oven.from_arguments(parser.parse_args(words))


def test_defaults_hold():
    assert Oven().shelves == 3 and Oven().timer is None


def test_metadata_rebuilds_the_object():
    oven = Oven(shelves=2, heat=99.5, fan=True, mode="grill", timer=7, label="x")
    assert Oven(**oven.to_dict()) == oven


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("shelves", 0, "shelves must be an integer >= 1 and <= 9; got 0"),
        ("shelves", 10, "shelves must be an integer >= 1 and <= 9; got 10"),
        ("shelves", 2.0, "shelves must be an integer >= 1 and <= 9; got 2.0"),
        ("shelves", "2", "shelves must be an integer >= 1 and <= 9; got '2'"),
        ("shelves", True, "shelves must be an integer >= 1 and <= 9; got True"),
        ("heat", 0, "heat must be a number > 0; got 0"),
        ("heat", float("nan"), "heat must be a number > 0; got nan"),
        ("heat", float("inf"), "heat must be a number > 0; got inf"),
        ("heat", None, "heat must be a number > 0; got None"),
        ("fan", 1, "fan must be true or false; got 1"),
        ("mode", "fry", "mode must be one of bake, grill; got 'fry'"),
        ("timer", 0, "timer must be an integer >= 1; got 0"),
        ("label", 5, "label must be a string; got 5"),
    ],
)
def test_bounds_and_types_say_what_must_hold(name, value, message):
    with pytest.raises(OptionError) as caught:
        Oven(**{name: value})
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, WordvecError)


def test_numbers_become_plain_python():
    oven = Oven(shelves=np.int64(4), heat=np.float32(1.5), fan=np.bool_(True))
    assert [type(v) for v in (oven.shelves, oven.heat, oven.fan)] == [int, float, bool]
    assert isinstance(Oven(heat=7).heat, float)


def test_options_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Oven().shelves = 4


def test_unknown_option_is_refused():
    with pytest.raises(TypeError, match="shelfs"):
        Oven(shelfs=3)


def test_command_line_is_derived():
    assert parsed() == Oven()
    line = ["--shelves", "5", "--heat", "1e2", "--fan", "--mode", "grill", "--timer", "3", "--label", "y"]
    assert parsed(*line) == Oven(shelves=5, heat=100.0, fan=True, mode="grill", timer=3, label="y")
    assert parsed("--no-fan") == Oven(fan=False)


def test_command_line_refuses_what_is_no_number_or_choice(capsys):
    for words in (["--shelves", "many"], ["--mode", "fry"], ["--shelfs", "1"]):
        with pytest.raises(SystemExit) as stop:
            parsed(*words)
        assert stop.value.code == 2
        assert words[0] in capsys.readouterr().err


def test_help_shows_every_option_with_its_default(capsys):
    parser = ArgumentParser()
    Oven.add_arguments(parser)
    text = " ".join(parser.format_help().split())
    assert "--shelves" in text and "shelves in the oven (default: 3)" in text
    assert "100 % is 250" in text  # a per cent sign is text, not a format
    assert "{bake,grill}" in text and "--no-fan" in text
