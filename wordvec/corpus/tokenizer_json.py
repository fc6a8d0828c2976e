"""The JSON of a tokenizer of the library `tokenizers`, read without the library: its pieces and their ids."""

from __future__ import annotations

import json
from typing import Any

from wordvec.base.errors import FormatError


def parts_of(pair: Any) -> list[str]:
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
