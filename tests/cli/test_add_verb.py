"""A verb is one file and one line of the table: the example of CONTRIBUTING, run."""

import sys

import pytest

import wordvec.cli
from wordvec import KeyedVectors
from wordvec.cli import VERBS, main
from wordvec.cli.verbs import Verb, VerbGroup

FILE = '''"""`wordvec longest`: the longest words of a file of vectors."""

from wordvec.cli.flags import add_vectors, count
from wordvec.cli.output import print_rows
from wordvec.formats import load


def add_arguments(parser):
    add_vectors(parser)
    parser.add_argument("-n", "--topn", type=count, default=10, metavar="N", help="how many words")


def run(arguments):
    words = sorted(load(arguments.vectors).index_to_key, key=len, reverse=True)
    print_rows((word, len(word)) for word in words[: arguments.topn])
'''
LINE = {"longest": Verb("list the longest words", "longest")}


@pytest.fixture
def verb(in_folder, monkeypatch):
    """The file beside those of the other verbs, and vectors to use it on."""
    (in_folder / "longest.py").write_text(FILE)
    monkeypatch.setattr(wordvec.cli, "__path__", [*wordvec.cli.__path__, str(in_folder)])
    KeyedVectors(["tea", "kettle", "sugar"], [[1, 0], [0, 1], [1, 1]]).save("v.safetensors")
    yield LINE
    sys.modules.pop("wordvec.cli.longest", None)


def test_a_verb_is_one_file_and_one_line(verb, monkeypatch, capsys):
    monkeypatch.setitem(VERBS, *verb.popitem())
    assert main(["longest", "v.safetensors", "-n", "2"]) == 0
    assert capsys.readouterr().out == "kettle\t6\nsugar\t5\n"
    assert main(["--help"]) == 0 and "\n  longest     list the longest words\n" in capsys.readouterr().out
    assert main(["longest", "--help"]) == 0 and "how many words (default: 10)" in capsys.readouterr().out
    assert main(["longest", "v.safetensors", "--topm", "2"]) == 2 and "--topn?" in capsys.readouterr().err


def test_a_sub_verb_is_added_in_the_same_way(verb, monkeypatch, capsys):
    monkeypatch.setitem(VERBS, "list", VerbGroup("list words", {"longest": Verb("list the longest words", "longest")}))
    assert main(["list", "longest", "v.safetensors", "-n", "1"]) == 0
    assert capsys.readouterr().out == "kettle\t6\n"
    assert main(["list", "--help"]) == 0 and "\n  longest " in capsys.readouterr().out
