"""The corpus of a verb: its files, and how they are read: cache, tokenizer, phrases."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from wordvec.base.errors import OptionError


def add_corpus(
    parser: ArgumentParser,
    cache: bool = True,
    words: bool = True,
    phrases: bool = True,
    vocab: bool = True,
    also: str = "",
) -> None:
    """The corpus; the folder for the encoded corpus, how text is cut into words, and a model that joins phrases.

    `also` says what else the file of --vocab may be.
    """
    parser.add_argument(
        "corpus", nargs="+", metavar="CORPUS", help="files (also .gz .bz2 .xz .zst), globs, folders, URLs; - is stdin"
    )
    if cache:
        parser.add_argument("--cache", metavar="FOLDER", help="keep the encoded corpus here and use it next time")
    if words:
        _add_words(parser)
    if words and vocab:
        _add_lists(parser, also)
    if phrases:
        parser.add_argument(
            "--phrases", metavar="MODEL", help="join the phrases of this file, which `wordvec phrases` has written"
        )


def _add_words(parser: ArgumentParser) -> None:
    """How text is cut into words, and what becomes of them."""
    parser.add_argument(
        "--tokenizer",
        metavar="NAME",
        help="what cuts lines into words: whitespace (default); unicode, for raw text; icu, jieba, fugashi, pythainlp, "
        "spacy:NAME, if they are installed; pieces:FILE, which `wordvec pieces` writes, or another tokenizer.json; or "
        "module:function, which is imported",
    )
    parser.add_argument(
        "--split-sentences", action="store_true", help="cut lines of running text into sentences, by rules"
    )
    parser.add_argument("--nfc", action="store_true", help="bring words into Unicode's form NFC")
    parser.add_argument("--fold-accents", action="store_true", help="take accents off")


def _add_lists(parser: ArgumentParser, also: str) -> None:
    """Files of words to keep and to leave out."""
    parser.add_argument("--stop-words", metavar="FILE", help="leave out the words of this file, one a line")
    parser.add_argument(
        "--vocab",
        metavar="FILE",
        help=f"words, one a line: these are the vocabulary; or lines `+ word`, which is kept however rare it is, and "
        f"`- word`, which is left out{also}",
    )


def lists_of(arguments: Namespace) -> dict[str, Any]:
    """The lists of words that the files of --vocab and --stop-words hold, as arguments of `encode_corpus`."""
    from wordvec.inputs import read_lines

    lists: dict[str, list[str]] = {"vocabulary": [], "protected": [], "stop_words": []}
    if (path := getattr(arguments, "stop_words", None)) is not None:
        lists["stop_words"] += [word for line in read_lines(path) if (word := line.strip())]
    if (path := getattr(arguments, "vocab", None)) is not None and not getattr(arguments, "is_glove", False):
        for line in filter(None, map(str.strip, read_lines(path))):
            mark, _, word = line.partition(" ")
            marked = word.strip() if mark in ("+", "-") else ""
            lists[{"+": "protected", "-": "stop_words"}[mark] if marked else "vocabulary"].append(marked or line)
        if lists["vocabulary"] and (lists["protected"] or lists["stop_words"]):
            raise OptionError(f"--vocab {path} must have words only, or lines `+ word` and `- word` only; it has both")
        if not any(lists.values()):
            raise OptionError(f"--vocab {path} must have words, one a line; it has none")
    return {name: list(dict.fromkeys(words)) for name, words in lists.items() if words}


def words_of(arguments: Namespace) -> dict[str, Any]:
    """The arguments of `encode_corpus` that say how text is cut into words."""
    given = {name: getattr(arguments, name) for name in ("tokenizer", "split_sentences", "nfc", "fold_accents")}
    return {name: value for name, value in given.items() if value}


def corpus_of(arguments: Namespace, names: Sequence[str], reading: Mapping[str, Any]) -> Any:
    """The corpus by its names, or encoded where more is asked for than `fit` and `count` do; `reading` are options.

    It is encoded here where it is trained on a cluster, too.
    """
    corpus: Any = names[0] if len(names) == 1 else list(names)
    lists = lists_of(arguments)
    how: dict[str, Any] = {**words_of(arguments), **reading, **lists}
    if "vocabulary" in lists:
        how = {name: value for name, value in how.items() if name not in ("min_count", "max_vocab")}
    phrases = getattr(arguments, "phrases", None)
    if phrases is None and how == reading:
        return corpus
    if getattr(arguments, "cluster", None) is not None and hasattr(arguments, "from_glove"):  # `count`
        given = [*words_of(arguments), *(name for name in ("stop_words", "phrases") if getattr(arguments, name, None))]
        raise OptionError(
            f"{', '.join(f'--{name}' for name in given).replace('_', '-')} must be left out where --cluster counts, as "
            "its workers cut text at white space and leave no word out: count it without --cluster"
        )
    how |= {"cache": arguments.cache, "progress": not arguments.quiet}
    if phrases is None:
        from wordvec.corpus import encode_corpus

        return encode_corpus(corpus, **how)
    from wordvec.phrases import FrozenPhrases

    return FrozenPhrases.load(phrases).encode_corpus(corpus, **how)
