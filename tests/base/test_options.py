"""Options: bounds, messages, metadata and the command line, all from one declaration."""

import copy
import dataclasses
import inspect
import pickle
from argparse import ArgumentParser
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Literal

import numpy as np
import pytest

import wordvec
from wordvec import PVDBOW, TRAINERS, align
from wordvec.base.errors import OptionError, UnknownOptionError, WordvecError
from wordvec.base.options import Options, option
from wordvec.classify import ClassifierOptions, TextClassifier
from wordvec.texts import TextEncoder, Topics
from wordvec.texts.options import EncoderOptions, TopicOptions
from wordvec.trainers import TextTrainer
from wordvec.transforms import PCA, Center, Unit


@dataclass(frozen=True, kw_only=True)
class Oven(Options):
    shelves: int = option(3, "shelves in the oven", low=1, high=9)
    heat: float = option(180.0, "degrees; 100 % is 250", above=0)
    fan: bool = option(False, "blow the heat around")
    mode: Literal["bake", "grill"] = option("bake", "where the heat comes from")
    timer: int | None = option(None, "minutes; none given: until opened", low=1)
    label: str = option("oven", "name")
    draught: float = option(0.1, "share of the air that is replaced", low=0, below=1)
    clean: float | Literal["auto"] = option("auto", "degrees of cleaning", above=0)
    grid: tuple[int, int] = option((2, 3), "rows and columns", low=1)
    prices: tuple[float, ...] | None = option(None, "of each shelf", above=0)


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
        ("draught", 1, "draught must be a number >= 0 and < 1; got 1"),
        ("clean", 0, "clean must be a number > 0 or auto; got 0"),
        ("clean", "never", "clean must be a number > 0 or auto; got 'never'"),
        ("grid", (1,), "grid must be 2 integers >= 1; got (1,)"),
        ("grid", (1, 0), "grid must be 2 integers >= 1; got (1, 0)"),
        ("grid", 3, "grid must be 2 integers >= 1; got 3"),
        ("prices", [1, -1], "prices must be numbers > 0; got [1, -1]"),
        ("prices", "12", "prices must be numbers > 0; got '12'"),
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
    assert Oven(prices=np.arange(1, 3)).prices == (1.0, 2.0)


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
    line = ["--clean", "300", "--grid", "4", "5", "--prices", "1", "2.5", "3"]
    assert parsed(*line) == Oven(clean=300.0, grid=(4, 5), prices=(1.0, 2.5, 3.0))
    assert parsed("--clean", "auto") == Oven()


def test_options_come_as_an_object_or_by_name():
    oven = Oven(shelves=2, fan=True)
    assert Oven.of(None, {"shelves": 2, "fan": True}) == oven
    assert Oven.of(oven, {"shelves": 4}) == Oven(shelves=4, fan=True)
    with pytest.raises(OptionError, match=r"options must be Oven\(\.\.\.\), or given by name"):
        Oven.of({"shelves": 2}, {})


def test_command_line_refuses_what_is_no_number_or_choice(capsys):
    for words in (["--shelves", "many"], ["--mode", "fry"], ["--shelfs", "1"], ["--clean", "x"], ["--grid", "1"]):
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


@pytest.mark.parametrize("name", sorted(name for name, kind in TRAINERS.items() if issubclass(kind, TextTrainer)))
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 3}, "size must be an option of .*: did you mean vector_size?"),
        ({"dim": 3}, "did you mean vector_size?"),
        ({"random_state": 3}, "did you mean seed?"),
        ({"ws": 3}, "did you mean window?"),
        ({"vector_sizes": 3}, "did you mean vector_size?"),
        ({"sentences": [["a"]]}, r"give the corpus to fit\(corpus\)"),
        ({"compute_loss": True}, "losses of all epochs are in metadata"),
        ({"callbacks": []}, "give it to fit"),
        ({"zzz": 3}, r"zzz must be an option of \w+\. The options of \w+ are window, "),
    ],
)
def test_a_trainer_names_the_option_that_was_meant(name, options, said):
    with pytest.raises(UnknownOptionError, match=said):
        TRAINERS[name](**options)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: wordvec.SkipGram(iter=5), "did you mean epochs?"),
        (lambda: wordvec.GloVe(learning_rate=0.1), "did you mean alpha?"),
        (lambda: wordvec.SkipGram(sg=1), "SkipGram is sg=1 and CBOW is sg=0"),
        (lambda: wordvec.GloVe(hs=1), "an option of SkipGram, CBOW and FastText"),
        (lambda: wordvec.FastText(minn=3), "did you mean min_n?"),
        (lambda: PVDBOW(dm=1), "PVDM is dm=1 and PVDBOW is dm=0"),
        (lambda: wordvec.SkipGram([["a"]]), r"all of them by name.*got \[\['a'\]\]: give a corpus to fit\(corpus\)"),
        (lambda: PCA(size=3), "size must be an option of PCA"),
        (lambda: PCA(1, 2), "at most 1 without a name"),
        (lambda: Center(3), "takes them, none; got 3"),
        (lambda: Unit(x=3), "Unit has no options"),
        (lambda: align.Orthogonal(scal=True), "did you mean scale?"),
        (lambda: align.Learning(patients=3), "did you mean patience?"),
        (lambda: align.Normalizer(step="unit"), "did you mean steps?"),
        (lambda: TextClassifier(epoch=3), "did you mean 'epochs'?"),
    ],
)
def test_whatever_has_options_names_the_one_that_was_meant(make, said):
    with pytest.raises(OptionError, match=said) as caught:
        make()
    assert isinstance(caught.value, TypeError)


def test_options_are_copied_and_pickled_as_before():
    trainer = wordvec.SkipGram(epochs=3)
    assert copy.deepcopy(trainer) == trainer == pickle.loads(pickle.dumps(trainer)) == replace(trainer)
    assert replace(trainer, epochs=4).epochs == 4 and PCA(2) == PCA(k=2)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (wordvec.SkipGram, wordvec.SkipGram),
        (wordvec.PVDM, wordvec.PVDM),
        (TextClassifier, ClassifierOptions),
        (TextEncoder, EncoderOptions),
        (Topics, TopicOptions),
    ],
)
def test_docstrings_list_every_option_with_its_default_and_help(kind, options):
    assert (kind.__doc__ or "").index("\n\nOptions:\n") > 0
    for f in dataclasses.fields(options):
        line = next(line for line in kind.__doc__.splitlines() if line.startswith(f"    {f.name}: "))
        assert f" = {f.default!r}" in line and f"{line}\n        {f.metadata['help']}" in kind.__doc__
    assert "window: int = 5 (>= 1, <= 1000)" in wordvec.SkipGram.__doc__
    assert "cbow_grad: 'word2vec' | 'exact' = 'word2vec'" in wordvec.CBOW.__doc__


def test_the_signature_of_a_trainer_lists_its_options():
    parameters = inspect.signature(wordvec.SkipGram).parameters
    assert list(parameters) == [f.name for f in dataclasses.fields(wordvec.SkipGram)]
    assert parameters["window"].default == 5
