"""Tokenizers by name: white space, words by the rules of Unicode (compiled), and those of other libraries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import tokens
from wordvec.base.errors import LibraryError, OptionError
from wordvec.base.libraries import library
from wordvec.corpus.pieces import Pieces
from wordvec.corpus.sentences import TOKENS, Tokenizer

UNICODE = "unicode"
LIBRARIES = ("icu", "jieba", "fugashi", "pythainlp")
NAMES = f"whitespace, {UNICODE}, {', '.join(LIBRARIES)}, spacy:NAME, pieces:FILE or module:function"
_BUILT_IN = ("whitespace", UNICODE)  # which need no library, so that a file may ask for them


@cache
def word_break_classes() -> NDArray[np.uint8]:
    """[0x110000] the class of each character in the rules of word breaks."""
    from wordvec.corpus.word_break_table import RUNS

    runs = re.findall("([0-9a-z]+)([A-Z])", RUNS)
    kinds = np.array([ord(kind) - 65 for _, kind in runs], np.uint8)
    classes = np.repeat(kinds, [int(length, 36) for length, _ in runs])
    classes.flags.writeable = False
    return classes


@dataclass(frozen=True)
class Forms:
    """What becomes of each word of a text: lower-cased, in Unicode's form NFC, without accents."""

    lowercase: bool = False
    nfc: bool = False
    fold_accents: bool = False

    def __bool__(self) -> bool:
        return self.lowercase or self.nfc or self.fold_accents

    def __call__(self, word: str) -> str:
        """The form of a word.

        >>> Forms(lowercase=True, fold_accents=True)("Éa")
        'ea'
        """
        if self.fold_accents:
            word = "".join(char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")
        if self.nfc or self.fold_accents:
            word = unicodedata.normalize("NFC", word)
        return word.lower() if self.lowercase else word


def unicode_words(text: str) -> list[str]:
    """The words of a text by the rules of Unicode (UAX 29); punctuation and white space are left out.

    Apostrophes and points stay within words and numbers. URLs, addresses of e-mail, emoji and flags are whole.
    Ideographs and Hiragana are words of one character; scripts that need a dictionary (Thai, Lao, Khmer, Burmese) are
    cut at white space and punctuation only.

    >>> unicode_words("Don't pay $3,500.50 (or so) at https://a.org/b?c=1, ann@b.co.uk! 東京 👩‍🚀")
    ["Don't", 'pay', '3,500.50', 'or', 'so', 'at', 'https://a.org/b?c=1', 'ann@b.co.uk', '東', '京', '👩‍🚀']
    """
    data = np.frombuffer(text.encode("utf-8", "surrogateescape"), np.uint8)
    words = np.empty(2 * len(data), np.uint8)
    size = tokens.cut(word_break_classes(), data, 0, len(data), words)
    return [word.decode("utf-8", "surrogateescape") for word in words[:size].tobytes().split()]  # at ASCII white space


unicode_words.wordvec_name = UNICODE  # type: ignore[attr-defined]


def tokenizer_named(name: str) -> Tokenizer | str | None:
    """The tokenizer of a name that a user gives: None for white space, "unicode", `Pieces`, or a function.

    It imports what the name says, so that no name from a file must come here. OptionError for an unknown name or a
    module or function that is not there; LibraryError where a library is not installed.
    """
    if name == "whitespace":
        return None
    if name == UNICODE:
        return UNICODE
    if name in LIBRARIES:
        return _MAKERS[name]()
    if name.startswith("spacy:"):
        return _spacy(name.removeprefix("spacy:"))
    if name.startswith("pieces:"):
        return Pieces.open(name.removeprefix("pieces:"))
    if ":" not in name.strip(":"):
        raise OptionError(f"tokenizer must be {NAMES}; got {name!r:.60}")
    return function_named(name, "tokenizer", "a line to its tokens")


def function_named(name: str, what: str, does: str) -> Callable[..., Any]:
    """The function `module:function` that a user names, imported; no name from a file must come here.

    OptionError where it is not there: `what` is the argument, and `does` says from what to what the function is.
    """
    module, _, function = name.partition(":")
    if not module or not function:
        raise OptionError(f"{what} must be module:function, a function from {does}; got {name!r:.60}")
    try:
        found: Any = import_module(module)
        for part in function.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise OptionError(f"{what} {name!r:.60} must be a function that can be imported; {error}") from error
    if not callable(found):
        raise OptionError(f"{what} {name!r:.60} must be a function from {does}; it is {found!r:.40}")
    return found  # type: ignore[no-any-return]


def tokenizer_of(metadata: Any) -> Callable[[str], list[str]] | None:
    """How texts are cut for vectors that were trained with a built-in tokenizer, by their metadata; None for others."""
    options = metadata.get("options") if isinstance(metadata, dict) else None
    if not isinstance(options, dict) or options.get("tokenizer") not in _BUILT_IN:
        return None
    cut = unicode_words if options["tokenizer"] == UNICODE else TOKENS.findall
    forms = Forms(*(options.get(name) is True for name in ("lowercase", "nfc", "fold_accents")))
    if not forms:
        return cut
    return lambda text: [forms(word) for word in cut(text)]


def name_of(tokenizer: Any) -> str:
    """The name of a tokenizer for the metadata: of a function its module and name, which nothing imports again."""
    if isinstance(tokenizer, str):
        return tokenizer
    name = getattr(tokenizer, "wordvec_name", None)
    if isinstance(name, str):
        return name
    return f"{getattr(tokenizer, '__module__', '?')}:{getattr(tokenizer, '__qualname__', type(tokenizer).__name__)}"


def _named(name: str, cut: Callable[[str], Iterable[str]]) -> Tokenizer:
    cut.wordvec_name = name  # type: ignore[attr-defined]
    return cut


def _words_only(words: Iterable[str]) -> list[str]:
    """The tokens that have a letter or digit."""
    return [word for word in words if any(map(str.isalnum, word))]


def _icu() -> Tokenizer:
    icu = library("icu", "PyICU", "for the tokenizer icu")
    if not hasattr(icu, "BreakIterator"):  # PyPI has another package of that module's name
        raise LibraryError("PyICU must be installed for the tokenizer icu; the module icu that is there is another one")
    breaks = icu.BreakIterator.createWordInstance(icu.Locale.getRoot())

    def cut(text: str) -> list[str]:
        whole = icu.UnicodeString(text)  # whose positions are in UTF-16
        breaks.setText(whole)
        ends = [0, *breaks]
        return _words_only(str(whole[start:end]) for start, end in pairwise(ends))

    return _named("icu", cut)


def _jieba() -> Tokenizer:
    jieba = library("jieba", "jieba", "for the tokenizer jieba")
    return _named("jieba", lambda text: _words_only(jieba.cut(text)))


def _fugashi() -> Tokenizer:
    tagger = library("fugashi", "fugashi[unidic-lite]", "for the tokenizer fugashi").Tagger()
    return _named("fugashi", lambda text: _words_only(word.surface for word in tagger(text)))


def _pythainlp() -> Tokenizer:
    thai = library("pythainlp.tokenize", "pythainlp", "for the tokenizer pythainlp")
    return _named("pythainlp", lambda text: _words_only(thai.word_tokenize(text, keep_whitespace=False)))


def _spacy(name: str) -> Tokenizer:
    spacy = library("spacy", "spacy", "for the tokenizer spacy")
    try:
        pipeline = spacy.blank(name) if len(name) == 2 else spacy.load(name)
    except (OSError, ImportError) as error:
        raise OptionError(f"tokenizer spacy:{name} must name a language or an installed pipeline; {error}") from error
    return _named(f"spacy:{name}", lambda text: _words_only(token.text for token in pipeline.tokenizer(text)))


_MAKERS: dict[str, Callable[[], Tokenizer]] = {
    "icu": _icu,
    "jieba": _jieba,
    "fugashi": _fugashi,
    "pythainlp": _pythainlp,
}
