"""Pieces: the tokenizer of a language model, whose pieces are the words of some vectors; stored as its JSON."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from wordvec.base.errors import FormatError
from wordvec.base.libraries import library


class Pieces:
    """A tokenizer that splits texts into pieces: a tokenizer.json of the library `tokenizers`, which must be installed.

    `data` are the bytes of the file, unchanged. `max_length` is the number of pieces of a text that count, None for all
    of them; `normalize` says whether the vectors of texts are meant to be scaled to unit length.
    """

    def __init__(self, data: bytes, max_length: int | None = None, normalize: bool = False) -> None:
        self.data, self.max_length, self.normalize = bytes(data), max_length, bool(normalize)

    @classmethod
    def from_config(cls, data: bytes, config: Any) -> Pieces:
        """The tokenizer of `data` and `config`; FormatError where the config is damaged."""
        config = {} if config is None else config
        most = config.get("max_length") if isinstance(config, dict) else -1
        if most is not None and (type(most) is not int or most < 1):
            raise FormatError(f"tokenizer must be an object with a number max_length; got {str(config)[:80]}")
        return cls(data, most, config.get("normalize") is True)

    def config(self) -> dict[str, Any]:
        """The options that a file stores beside the data, for JSON."""
        return {"max_length": self.max_length, "normalize": self.normalize}

    def __repr__(self) -> str:
        return f"Pieces(<{len(self.data)} bytes>, max_length={self.max_length}, normalize={self.normalize})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pieces) and (self.data, self.config()) == (other.data, other.config())

    def __hash__(self) -> int:
        return hash(self.data)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.data, self.max_length, self.normalize)

    def __call__(self, text: str) -> list[str]:
        """The known pieces of a text; LibraryError where `tokenizers` is not installed."""
        tokenizer, unknown, longest = self._opened
        if self.max_length is not None:
            text = text[: self.max_length * longest]
        ids = tokenizer.encode(text, add_special_tokens=False).ids[: self.max_length]
        return [tokenizer.id_to_token(id) for id in ids if id != unknown]

    @cached_property
    def _opened(self) -> tuple[Any, int | None, int]:
        """The tokenizer, the id of unknown pieces, and the median length of all of them."""
        tokenizers = library("tokenizers", "tokenizers>=0.20", "to cut texts into pieces")
        try:
            tokenizer = tokenizers.Tokenizer.from_str(self.data.decode("utf-8"))
        except Exception as error:  # the library raises no class of its own
            raise FormatError(f"tokenizer must be one that the library tokenizers reads; {error}") from None
        tokenizer.no_padding()
        tokenizer.no_truncation()
        model = json.loads(self.data)["model"]
        unknown = model.get("unk_id") if "unk_id" in model else None
        if isinstance(name := model.get("unk_token"), str):
            unknown = tokenizer.token_to_id(name)
        lengths = sorted(map(len, tokenizer.get_vocab()))
        middle = len(lengths) // 2
        median = (lengths[middle] + lengths[-middle - 1]) // 2 if lengths else 1
        return tokenizer, unknown, max(1, int(median))
