"""The table of verbs: what each verb does, and the module that has its arguments and its work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Verb(NamedTuple):
    """A verb: what it does, and its module in `wordvec.cli`, which is imported when the verb is used.

    The module has two functions: `add_arguments(parser)` declares the arguments, `run(arguments)` does the work.
    """

    help: str
    module: str


class VerbGroup(NamedTuple):
    """A verb with sub-verbs: what they have in common, and the table of them."""

    help: str
    verbs: Mapping[str, Verb | VerbGroup]


VERBS: dict[str, Verb | VerbGroup] = {
    "train": Verb("learn vectors from a corpus", "train"),
    "count": Verb("count which words occur near each other", "count"),
    "phrases": Verb("find words that stand together, such as new_york", "phrases"),
    "pieces": Verb("learn a tokenizer of pieces of words", "pieces"),
    "info": Verb("describe what a file holds", "info"),
    "similar": Verb("list the nearest neighbours of words", "similar"),
    "analogy": Verb("list the words that are to C as B is to A", "analogy"),
    "eval": Verb("score vectors on word similarities and analogies", "evaluate"),
    "sweep": Verb("train with many settings, and score the vectors of each", "sweep"),
    "induce": Verb("make vectors of new words from their contexts", "induce"),
    "senses": Verb("find senses of words by clusters of their contexts", "senses"),
    "index": Verb("build an approximate index, for `similar --index`", "index"),
    "encode": Verb("compute vectors of texts", "encode"),
    "align": VerbGroup(
        "bring embedding spaces together",
        {
            "map": Verb("fit a map to pairs of words", "align.map"),
            "self-learn": Verb("learn a map from few pairs of words or none", "align.self_learn"),
            "compass": Verb("train slices of a corpus in one space, and list the words that drift", "align.compass"),
            "meta": Verb("make one set of vectors from several", "align.meta"),
            "retrofit": Verb("fit vectors to a lexicon", "align.retrofit"),
        },
    ),
    "drift": Verb("list the words that changed between slices of time, or follow a word through them", "drift"),
    "classify": VerbGroup(
        "train, test and use a classifier of texts",
        {
            "train": Verb("learn from lines with labels", "classify.train"),
            "test": Verb("measure how often the labels are right", "classify.score"),
            "predict": Verb("print the labels of lines of text", "classify.predict"),
            "compress": Verb("write a smaller classifier", "classify.compress"),
        },
    ),
    "plot": VerbGroup(
        "draw pictures of words, trainings and scores",
        {
            "map": Verb("words as points, near each other where their vectors are", "plot.map"),
            "neighbours": Verb("a word and the words nearest to it", "plot.neighbours"),
            "similarity": Verb("the cosines of words as a table of colours", "plot.similarity"),
            "analogy": Verb("the parallelogram of an analogy, and its answers", "plot.analogy"),
            "hubness": Verb("how many words are how often neighbours of others", "plot.hubness"),
            "loss": Verb("the loss of each epoch of trainings", "plot.loss"),
            "eval": Verb("scores of models with their intervals", "plot.evaluation"),
            "drift": Verb("how far words have moved through slices", "plot.drift"),
            "senses": Verb("the senses of a word and their neighbours", "plot.senses"),
            "tree": Verb("nodes in the Poincare disc", "plot.tree"),
        },
    ),
    "serve": Verb("answer questions to vectors over HTTP, as JSON", "serve"),
    "convert": Verb("write vectors in another format", "convert"),
    "compress": Verb("write vectors that take less memory", "compress"),
    "verify": Verb("check that a file of vectors, or a folder of slices, is whole", "verify"),
}


def leaves(verbs: Mapping[str, Verb | VerbGroup] = VERBS) -> dict[tuple[str, ...], Verb]:
    """All verbs and sub-verbs that do work, by the words that name them.

    >>> leaves()["align", "map"].module
    'align.map'
    """
    by_names: dict[tuple[str, ...], Verb] = {}
    for name, verb in verbs.items():
        if isinstance(verb, Verb):
            by_names[name,] = verb
        else:
            by_names |= {(name, *rest): leaf for rest, leaf in leaves(verb.verbs).items()}
    return by_names
