"""Tokenisation as in fastText, with its end-of-line tokens."""

from __future__ import annotations

import re

from wordvec.base.errors import FormatError, OptionError

EOS = "</s>"  # the end of a line
BOW = "<"  # the beginning of a word
EOW = ">"  # and its end

_TOKENS = re.compile(r"[^ \n\r\t\v\f\0]+|\n")


def tokenize(text: str) -> list[str]:
    r"""The tokens of a text: what stands between white space, and `</s>` for each end of a line.

    >>> tokenize("a rose\n")
    ['a', 'rose', '</s>']
    """
    if not isinstance(text, str):
        raise OptionError(f"text must be a str; got a {type(text).__name__}")
    return [EOS if token == "\n" else token for token in _TOKENS.findall(text)]


def checked_line(text: object, what: str = "predict") -> str:
    """One line, with blanks in the place of NUL, which divides words, too; OptionError where it is no line."""
    if not isinstance(text, str):
        raise OptionError(f"{what} takes a str or a list of str; got a {type(text).__name__} ({text!r:.40})")
    if "\n" in text:
        raise OptionError(f"{what} takes one line at a time: remove the line end; got {text!r:.60}")
    return text.replace("\0", " ")


def first_sentence(line: str) -> str:
    """The tokens before the first `</s>`, where fastText ends a line for a classifier."""
    if EOS not in line or EOS not in (tokens := tokenize(line)):
        return line
    return " ".join(tokens[: tokens.index(EOS)])


def decoded(words: list[str], on_unicode_error: str) -> list[str]:
    """Words that are valid text; those that are not are treated as Python's `errors` says, FormatError if strict."""
    try:
        "".join(words).encode("utf-8")
        return words
    except UnicodeEncodeError:
        pass
    try:
        return [word.encode("utf-8", "surrogateescape").decode("utf-8", on_unicode_error) for word in words]
    except UnicodeDecodeError as error:
        raise FormatError(
            f"a word is not valid UTF-8 ({error.object!r:.40}): say on_unicode_error='replace' or 'ignore'"
        ) from None
    except LookupError:
        raise OptionError(
            f"on_unicode_error must be strict, replace, ignore or another that Python knows; got {on_unicode_error!r}"
        ) from None
