"""Messages of the library, reworded for the command line: flags in the place of Python arguments."""

from __future__ import annotations

import re
from argparse import Namespace

_FLAG_NAMES = {"n": "prune", "d": "truncate", "outputs": "compatible_with"}  # arguments whose flag has another name
# arguments of verbs that are no flags, or whose names mean something else in messages
_NO_FLAGS = {"vectors", "words", "input", "output", "corpus", "files", "rows", "steps", "run", "parser", "codec"}
_NO_FLAGS |= {"source", "target", "texts", "slices", "sources"}
# arguments of the library, and the verb that has a flag for them, for verbs without one
_ELSEWHERE = {
    "strict=False": "`wordvec convert --no-strict`",
    "duplicates='first'": "`wordvec convert --duplicates first`",
    "unwritable='skip'": "`wordvec convert --unwritable skip`",
    "keep_context=True": "`wordvec train --keep-context`",
}
# patterns of advice in Python, and the same advice for the command line
_REWORDED = (
    (r"a list of token lists such as \[.*\]\]", "a folder, a pattern, or - for standard input"),
    (r", or tokenizer= with a list of lines", ""),
    (r"or pass lines with tokenizer=, ", ""),
    (
        r"pass tokenizer='unicode', or give a text with spaces around punctuation",
        "cut it into words with --tokenizer unicode, and lower-case it with --lowercase",
    ),
    (r"give cache= a folder", "give {cache} a folder"),
    (r", or None(?: for all)?(?=[;,]| |$)", ""),
    (r"map the source first, with wordvec\.align\.fit_map", "map the source first, with `wordvec align map`"),
    (r"let self_learn find", "let `wordvec align self-learn` find"),
    (r"(it holds .*): (?:train a model on counts, or open them|fit a map|train one) with wordvec\.[\w.]+", r"\1"),
    (r"(it holds counts of pairs of words)", r"\1, which `wordvec train` takes as a corpus"),
    (r"wordvec\.align\.Map\.load opens", "`wordvec align map --map` has written"),
    (r"wordvec\.classify\.TextClassifier\.load opens", "`wordvec classify` takes"),
    (r"are made by wordvec\.train", "are made by `wordvec train`"),
    (r"which wordvec\.load opens", "which `wordvec info` and other verbs take"),
    (r"wordvec\.load opens", "`wordvec info` and other verbs open"),
    (r"Rotation\(counts=True\)", "--by-counts"),
    (r"\bSIFScale\b", "--sif"),
    (r"; they are None:", "; there are none:"),
    (r"use PVDBOW\(dbow_words=True\) or PVDM", "train them with --model pv-dm, or pv-dbow --dbow-words"),
    (r"; vectors\.without\(\.\.\.\) takes parts out before", ""),
    (r": change a copy, vectors\.to_memory\(\)", ""),
    (r"a list of (?=words|texts)", ""),
    (r", or a pathlib\.Path of a file with one a line", ""),
    (r", or a (?:Method of wordvec\.align|function from word to vector)", ""),
    (r"a string or a pathlib\.Path; got ''", "which has a name; the name is empty"),
    (r"\bmust be a str\b", "must be text"),
)
_ASSIGNED = re.compile(r"\b(\w+)=(['\"]?)([\w./+-]+)\2")
_LEADING = re.compile(r"^\w+(, \w+)*( and \w+)?(?= (?:of \S+ )?(?:must|needs) )")
_UNDERSCORED = re.compile(r"(?<![\w./=-])[a-z]+(?:_[a-z]+)+(?![\w/=]|\.\w)")  # a name with underscores


def in_flags(message: str, arguments: Namespace) -> str:
    """A message with flags in the place of Python arguments, as far as the verb has them, and no advice in Python.

    >>> in_flags("n must be a number; use by='order'", Namespace(prune=0, by="count"))
    '--prune must be a number; use --by order'
    >>> in_flags("2 of 3 rows are there; strict=False keeps them", Namespace())
    '2 of 3 rows are there; `wordvec convert --no-strict` keeps them'
    >>> in_flags("no word occurs 5 times; give more text or a lower min_count, or None", Namespace(min_count=5))
    'no word occurs 5 times; give more text or a lower --min-count'
    """
    flags = vars(arguments)
    for argument, elsewhere in _ELSEWHERE.items():
        if argument.partition("=")[0] not in flags:
            message = message.replace(argument, elsewhere)
    if "drop" in flags:
        message = message.replace("remap='drop'", "--drop")
    cache = "--cache" if "cache" in flags else "TMPDIR, in the environment,"
    for pattern, instead in _REWORDED:
        message = re.sub(pattern, instead.replace("{cache}", cache), message)

    def flag(name: str) -> str | None:
        name = _FLAG_NAMES[name] if _FLAG_NAMES.get(name) in flags else name
        return f"--{name.replace('_', '-')}" if name in flags and name not in _NO_FLAGS else None

    def assigned(match: re.Match[str]) -> str:
        name, quote, value = match.groups()
        named = flag(name)
        if value in ("True", "False") and not quote:
            named = named or f"--{name.replace('_', '-')}"
            return named if value == "True" else f"--no-{named.removeprefix('--')}"
        return f"{named} {value}" if named else f"{name} {value}" if quote else match[0]

    def leading(match: re.Match[str]) -> str:
        return re.sub(r"\w+", lambda word: flag(word[0]) or word[0], match[0])

    message = _ASSIGNED.sub(assigned, message)
    message = _LEADING.sub(leading, message)
    return _UNDERSCORED.sub(lambda match: flag(match[0]) or match[0], message)
