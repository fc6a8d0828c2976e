"""Pieces: the tokenizer of a language model, whose pieces are the words of some vectors; stored as its JSON."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from wordvec.base.errors import FormatError, OptionError
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

    def pieces(self) -> tuple[dict[str, int], set[str]]:
        """(piece to id, by rising id; the special pieces); FormatError where the data hold no vocabulary."""
        return pieces_of(json_object(self.data, "tokenizer"), "tokenizer")

    def without(self, dropped: set[str]) -> Pieces:
        """The tokenizer without some pieces; the others keep their order, with the ids 0, 1, ...

        Texts are then cut into the pieces that are left. OptionError where the unknown piece is dropped, or all are.
        """
        data = json_object(self.data, "tokenizer")
        left = [piece for piece in pieces_of(data, "tokenizer")[0] if piece not in dropped]
        ids, model = {piece: id for id, piece in enumerate(left)}, data["model"]
        unknown = model.get("unk_token")
        if isinstance(model["vocab"], list):
            unknown = model["vocab"][model["unk_id"]][0] if model.get("unk_id") is not None else None
        if not left or unknown in dropped:
            raise OptionError(f"pieces must be left, and the unknown piece among them; {unknown!r} would be dropped")
        if isinstance(model["vocab"], list):
            model["vocab"] = [pair for pair in model["vocab"] if pair[0] in ids]
            if unknown is not None:
                model["unk_id"] = [pair[0] for pair in model["vocab"]].index(unknown)
        else:
            model["vocab"] = {piece: ids[piece] for piece in left if piece in model["vocab"]}
        if "merges" in model:
            model["merges"] = [pair for pair in model["merges"] if not dropped & {*_parts(pair), "".join(_parts(pair))}]
        added = data.get("added_tokens") or []
        data["added_tokens"] = [token | {"id": ids[token["content"]]} for token in added if token["content"] in ids]
        data["post_processor"] = None  # it would add special pieces by their old ids
        return type(self)(json.dumps(data, ensure_ascii=False).encode("utf-8"), self.max_length, self.normalize)

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


def _parts(pair: Any) -> list[str]:
    """The two pieces of a merge, which is a list, or a text with a space between them."""
    return pair.split(" ") if isinstance(pair, str) else list(pair)


def pieces_of(data: dict[str, Any], path: str) -> tuple[dict[str, int], set[str]]:
    """(piece to id, by rising id; the special pieces) of the JSON of a tokenizer; FormatError where it has none."""
    model, added = data.get("model"), data.get("added_tokens") or []
    vocab = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocab, list):  # a unigram model: [piece, score] in the order of ids
        names = (pair[0] if isinstance(pair, list) and pair else None for pair in vocab)
        vocab = {name if isinstance(name, str) else None: i for i, name in enumerate(names)}
    if not isinstance(vocab, dict) or not isinstance(added, list):
        raise FormatError(f"{path}: a tokenizer must have a vocabulary; this has none")
    pieces, special = dict(vocab), set()
    for token in added:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise FormatError(f"{path}: added tokens must be objects with a text; one is not")
        pieces[token["content"]] = token.get("id")
        if token.get("special") is True:
            special.add(token["content"])
    for piece, id in pieces.items():
        if not isinstance(piece, str) or type(id) is not int or not 0 <= id < 2**31:
            raise FormatError(f"{path}: every piece must be text with an id; {str(piece)[:40]!r} is not")
    return dict(sorted(pieces.items(), key=lambda item: item[1])), special


def json_object(text: bytes, path: str) -> dict[str, Any]:
    """The object that JSON holds; FormatError where it holds another thing, or is none."""
    try:
        value = json.loads(text.decode("utf-8"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: the file must be JSON; {error}") from None
    if not isinstance(value, dict):
        raise FormatError(f"{path}: the file must be a JSON object; it is another thing")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("a number has too many digits")
    return int(digits)
