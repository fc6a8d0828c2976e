"""Words and their syntactic contexts from CoNLL-U, with prepositions collapsed (Levy and Goldberg 2014)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from wordvec.base.errors import CorpusError
from wordvec.corpus.sources import resolve
from wordvec.graphs.columns import Columns, is_paths, numbered
from wordvec.inputs import read_lines


class _Token(NamedTuple):
    form: str
    head: int  # the number of a token, 0 for the root
    relation: str


def dependency_pairs(path: str | os.PathLike[str], *, lowercase: bool = True) -> Iterator[tuple[str, str]]:
    r"""The pairs (word, context) of a CoNLL-U file, for the model `pairs`.

    For each modifier m of a head h with the relation r there are (h, r_m) and (m, rI_h), I for inverse. A preposition
    is part of the relation: of `scientist with telescope` come (scientist, prep_with_telescope) and (telescope,
    prep_withI_scientist), and none of the preposition itself (Levy and Goldberg 2014, section 3, figure 1). In
    Universal Dependencies a preposition is the `case` of its noun; in the older scheme, in which the noun is the `pobj`
    or `adpobj` of the preposition, pairs are the same. Subtypes (`nsubj:pass`) are kept, punctuation is left out.
    Multiword tokens (1-2) and empty nodes (1.1) are passed over. CorpusError names a line that has no ten columns, or a
    head that is no token.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> rows = ["1 she 2 nsubj", "2 sees 0 root", "3 stars 2 obj", "4 with 5 case", "5 glasses 2 obl"]
    >>> cells = [row.split() for row in rows]
    >>> lines = ["\t".join([n, form, *4 * "_", head, relation, "_", "_"]) for n, form, head, relation in cells]
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "one.conllu")
    ...     _ = file.write_text("\n".join(lines) + "\n")
    ...     pairs = list(dependency_pairs(file))
    >>> pairs[:2], pairs[-2:]
    ([('sees', 'nsubj_she'), ('she', 'nsubjI_sees')], [('sees', 'prep_with_glasses'), ('glasses', 'prep_withI_sees')])
    """
    for start, tokens in _sentences(path, lowercase):
        for number, (_, head, _) in tokens.items():
            if head and head not in tokens:
                raise CorpusError(
                    f"{os.fspath(path)}: a head must be a token of the sentence; in that of line {start} token "
                    f"{number} has the head {head}"
                )
        yield from _pairs(tokens)


def dependency_columns(source: Any) -> Columns:
    """The pairs of one or several CoNLL-U files, lower-cased; CorpusError where there is none."""
    if not is_paths(source):
        raise CorpusError(f"with conllu=True pairs come from files of CoNLL-U: give their paths; got {source!r:.60}")
    files: Any = resolve(source, False)
    names = [part.name for part in files.inputs]
    columns = numbered(chain.from_iterable(pair for name in names for pair in dependency_pairs(name)))
    if not len(columns.left):
        raise CorpusError(f"{', '.join(names):.80}: there must be a word with a head; there is none")
    return columns


def _pairs(tokens: dict[int, _Token]) -> Iterator[tuple[str, str]]:
    """The pairs of one sentence."""
    prepositions = {token.head: token.form for token in tokens.values() if _base(token.relation) == "case"}
    for number, token in tokens.items():
        relation, head = token.relation, token.head
        if not head or _base(relation) in ("punct", "p", "case", "adpmod", "prep"):
            continue
        if _base(relation) in ("pobj", "adpobj"):  # the head is the preposition, whose head is that of the relation
            relation, head = f"prep_{tokens[head].form}", tokens[head].head
        elif number in prepositions:
            relation = f"prep_{prepositions[number]}"
        if head:
            yield tokens[head].form, f"{relation}_{token.form}"
            yield token.form, f"{relation}I_{tokens[head].form}"


def _base(relation: str) -> str:
    """A relation without its subtype."""
    return relation.partition(":")[0]


def _sentences(path: str | os.PathLike[str], lowercase: bool) -> Iterator[tuple[int, dict[int, _Token]]]:
    """The number of the first line of each sentence, and its tokens by number."""
    tokens: dict[int, _Token] = {}
    start = 1
    for number, line in enumerate(read_lines(path, error=CorpusError), 1):
        if not line.strip():
            if tokens:
                yield start, tokens
            tokens, start = {}, number + 1
            continue
        if line.startswith("#"):
            continue
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) != 10:
            raise CorpusError(
                f"{os.fspath(path)}: a line of CoNLL-U must have 10 columns, tabs between them; line {number} has "
                f"{len(cells)}: {line!r:.60}"
            )
        if "-" in cells[0] or "." in cells[0]:
            continue
        if not (cells[0].isdecimal() and cells[6].isdecimal()):
            raise CorpusError(
                f"{os.fspath(path)}: a token must have its number in column 1 and that of its head in column 7; line "
                f"{number} has {cells[0]!r:.20} and {cells[6]!r:.20}"
            )
        form = "_".join((cells[1].lower() if lowercase else cells[1]).split())  # a word may hold spaces
        tokens[int(cells[0])] = _Token(form, int(cells[6]), cells[7])
    if tokens:
        yield start, tokens
