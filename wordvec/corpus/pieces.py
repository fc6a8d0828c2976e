"""Pieces: a tokenizer whose pieces, learned from text, are the words of vectors; stored as its JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Literal, get_args

from wordvec.base.arguments import is_one_of, whole_number
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.libraries import library
from wordvec.corpus.tokenizer_json import json_object, parts_of, pieces_of
from wordvec.inputs import open_input
from wordvec.outputs import open_output

Kind = Literal["bpe", "unigram", "wordpiece"]
_LIMIT = 1 << 28  # bytes of a tokenizer.json
_SPECIAL = ["[PAD]", "[UNK]"]


class Pieces:
    """A tokenizer that splits texts into pieces: a tokenizer.json of the library `tokenizers`, which must be installed.

    `data` are the bytes of the file, unchanged. `max_length` is the number of pieces of a text that count, None for all
    of them; `normalize` says whether the vectors of texts are meant to be scaled to unit length.
    """

    def __init__(self, data: bytes, max_length: int | None = None, normalize: bool = False) -> None:
        self.data, self.max_length, self.normalize = bytes(data), max_length, bool(normalize)

    wordvec_name = "pieces"  # in metadata, where it is inert

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Pieces:
        """The tokenizer of a file, tokenizer.json; FormatError where the library `tokenizers` does not read it."""
        with open_input(path, limit=_LIMIT) as stream:
            pieces = cls(stream.read())
        _ = pieces._opened
        return pieces

    @classmethod
    def learn(
        cls,
        lines: Iterable[str],
        kind: Kind = "bpe",
        *,
        size: int = 8000,
        lowercase: bool = False,
        min_count: int = 2,
    ) -> Pieces:
        """Learn a tokenizer of about `size` pieces from lines of text, on all cores.

        Kinds: "bpe" joins the pair of pieces that occurs most often, beginning with bytes, so that no text is unknown
        (Sennrich et al. 2016, as in GPT-2); "wordpiece" is cut as in BERT, the longest piece first (Schuster and
        Nakajima 2012); "unigram" drops the pieces that a unigram model of the text needs least (Kudo 2018). With
        `lowercase` text is lower-cased first. Pieces that are joined occur `min_count` times or more. LibraryError
        where `tokenizers` is not installed.

        >>> pieces = Pieces.learn(["low lower lowest", "new newer newest"] * 9, size=300)  # doctest: +SKIP
        >>> pieces("a lower one")  # doctest: +SKIP
        ['Ġ', 'a', 'Ġlower', 'Ġ', 'o', 'n', 'e']
        """
        if not is_one_of(kind, get_args(Kind)):
            raise OptionError(f"kind must be one of {', '.join(get_args(Kind))}; got {kind!r:.60}")
        size, least = whole_number("size", size, 10), whole_number("min_count", min_count)
        tokenizers = library("tokenizers", "tokenizers>=0.20", "to learn pieces")
        models, before, trainers = tokenizers.models, tokenizers.pre_tokenizers, tokenizers.trainers
        if kind == "bpe":
            made = tokenizers.Tokenizer(models.BPE())
            made.pre_tokenizer = before.ByteLevel(add_prefix_space=True)
            trainer = trainers.BpeTrainer(
                vocab_size=size,
                min_frequency=least,
                special_tokens=_SPECIAL,
                initial_alphabet=sorted(before.ByteLevel.alphabet()),
                show_progress=False,
            )
        elif kind == "unigram":
            made = tokenizers.Tokenizer(models.Unigram())
            made.pre_tokenizer = before.Metaspace()
            trainer = trainers.UnigramTrainer(
                vocab_size=size, special_tokens=_SPECIAL, unk_token="[UNK]", show_progress=False
            )
        else:
            made = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
            made.pre_tokenizer = before.BertPreTokenizer()
            trainer = trainers.WordPieceTrainer(
                vocab_size=size, min_frequency=least, special_tokens=_SPECIAL, show_progress=False
            )
        forms = tokenizers.normalizers
        made.normalizer = forms.Sequence([forms.NFC(), forms.Lowercase()]) if lowercase else forms.NFC()
        made.train_from_iterator(lines, trainer)
        pieces = cls(made.to_str().encode("utf-8"))
        if not pieces.words:
            raise OptionError("lines must have text to learn pieces from; they have none")
        return pieces

    def save(self, path: str | os.PathLike[str], *, force: bool = True) -> None:
        """Write the tokenizer.json; OutputError where it cannot be written, or is there and `force` is false."""
        with open_output(path, force=force) as file:
            file.write(self.data)

    @property
    def words(self) -> list[str]:
        """The pieces in the order of their ids, without special ones such as padding."""
        pieces, special = self.pieces()
        return [piece for piece in pieces if piece not in special]

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
            both = [(pair, parts_of(pair)) for pair in model["merges"]]
            model["merges"] = [pair for pair, parts in both if not dropped & {*parts, "".join(parts)}]
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

    def batch(self, texts: list[str]) -> list[list[str]]:
        """The known pieces of each text, all of them, on all cores."""
        tokenizer, unknown, _ = self._opened
        encode: Callable[..., Any] = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
        name = self._names
        found = encode([_valid(text) for text in texts], add_special_tokens=False)
        return [[name[id] for id in one.ids if id != unknown] for one in found]

    @cached_property
    def _names(self) -> dict[int, str]:
        """The pieces by their ids."""
        tokenizer, _, _ = self._opened
        return {id: piece for piece, id in tokenizer.get_vocab().items()}

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


def _valid(text: str) -> str:
    """A text without halves of surrogate pairs, which the library refuses: bytes that are no UTF-8 become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def as_pieces(tokenizer: Any) -> Pieces | None:
    """The tokenizer, where it cuts into pieces that become words; else None."""
    return tokenizer if isinstance(tokenizer, Pieces) else None
