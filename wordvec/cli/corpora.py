"""The corpus of a verb: its files, and how they are read: cache, phrases."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from wordvec.base.errors import OptionError


def add_corpus(parser: ArgumentParser, cache: bool = True, phrases: bool = True) -> None:
    """The corpus; with `cache` the folder for the encoded corpus, and with `phrases` a model that joins phrases."""
    parser.add_argument(
        "corpus", nargs="+", metavar="CORPUS", help="files (also .gz .bz2 .xz .zst), globs, folders, URLs; - is stdin"
    )
    if cache:
        parser.add_argument("--cache", metavar="FOLDER", help="keep the encoded corpus here and use it next time")
    if cache and phrases:
        parser.add_argument(
            "--phrases", metavar="MODEL", help="join the phrases of this file, which `wordvec phrases` has written"
        )


def corpus_of(arguments: Namespace, names: Sequence[str], reading: Mapping[str, Any]) -> Any:
    """The corpus by its names, or encoded where more is asked for than `fit` and `count` do; `reading` are options."""
    corpus: Any = names[0] if len(names) == 1 else list(names)
    if not arguments.phrases:
        return corpus
    if getattr(arguments, "cluster", None) is not None:
        raise OptionError(
            "--phrases must be left out with --cluster: give a corpus that `wordvec phrases --encoded` made"
        )
    from wordvec.phrases import FrozenPhrases

    phrases = FrozenPhrases.load(arguments.phrases)
    return phrases.encode_corpus(corpus, cache=arguments.cache, progress=not arguments.quiet, **reading)
