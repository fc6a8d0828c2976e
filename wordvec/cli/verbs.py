"""The table of verbs: what each does, and where its arguments and its function are."""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """What a verb does, the module of `wordvec.cli` that has it, and there the names of two functions.

    A module with a table `ACTIONS` has sub-verbs, and takes the two functions of these.
    """

    help: str
    module: str
    add_arguments: str = "add_arguments"
    run: str = "run"


VERBS = {
    "train": Verb("learn vectors from a corpus", "train"),
    "count": Verb("count which words occur near each other", "count"),
    "info": Verb("what a file of vectors holds", "files", "info_arguments", "info"),
    "similar": Verb("the nearest neighbours of words", "queries", "similar_arguments", "similar"),
    "analogy": Verb("what is to C as B is to A", "queries", "analogy_arguments", "analogy"),
    "eval": Verb("scores on word similarities and analogies", "evaluate"),
    "index": Verb("build an approximate index, for `similar --index`", "index"),
    "encode": Verb("vectors of texts", "encode"),
    "align": Verb("bring vectors of one space into another", "align"),
    "classify": Verb("train, test and use a classifier of texts", "classify"),
    "convert": Verb("write vectors in another format", "files", "convert_arguments", "convert"),
    "compress": Verb("write vectors that take less room", "compress"),
    "verify": Verb("check that a file of vectors is whole", "files", "verify_arguments", "verify"),
}
