"""`wordvec encode`: vectors of texts, one a line, as an array or as rows of numbers."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.cli.output import add_force, check_output, count
from wordvec.outputs import Output, check_packing, is_stdout, recover, split_compression

if TYPE_CHECKING:
    from wordvec.classify import TextClassifier
    from wordvec.texts import TextEncoder
    from wordvec.trainers import Documents, Sentences
    from wordvec.vectors import KeyedVectors

OPTIONS = ("agg", "norm", "oov", "lowercase", "sif_a", "usif_length", "components")
LINES = 1 << 14  # encoded at a time where the vectors go to stdout


def add_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    from wordvec.texts.encoder import AGGS

    parser.add_argument("vectors", metavar="VECTORS", help="vectors, an encoder, or the folder of a model of documents")
    parser.add_argument("texts", nargs="?", default="-", metavar="TEXTS", help="texts, one a line (default: stdin)")
    parser.add_argument("-o", "--output", metavar="OUT", help="write an array, name.npy (default: print rows)")
    parser.add_argument(
        "--agg", choices=("auto", *AGGS), help="how words become a text (default: what VECTORS say, else the mean)"
    )
    parser.add_argument(
        "--words", action="store_true", help="print the vector of each word of TEXTS, after the word"
    )
    parser.add_argument("--fit", metavar="FILE", help="learn weights and common components of these texts, one a line")
    parser.add_argument("--save", metavar="ENCODER", help="keep what was learned: name.safetensors, to give as VECTORS")
    parser.add_argument("--norm", choices=("l2",), help="scale the vectors of texts to length 1")
    parser.add_argument("--oov", choices=("auto", "skip", "subword"), help="what becomes of unknown words (auto)")
    parser.add_argument("--lowercase", action="store_true", default=None, help="lower-case the texts")
    parser.add_argument("--sif-a", type=float, metavar="A", help="SIF: words weigh A / (A + share) (0.001)")
    parser.add_argument("--usif-length", type=float, metavar="N", help="uSIF: mean number of words of a text (11)")
    parser.add_argument("--components", type=int, metavar="M", help="how many components to take out (sif 1, usif 5)")
    parser.add_argument("--workers", type=count, metavar="N", help="threads (default: all usable cores)")
    add_force(parser)


def run(arguments: Namespace) -> None:
    """Encode the lines; what cannot be written is found out before."""
    for output, suffix in ((arguments.output, ".npy"), (arguments.save, ".safetensors")):
        if output is not None:
            stream = suffix == ".npy" and is_stdout(output)
            if not stream and not split_compression(output)[0].endswith(suffix):
                raise OptionError(f"{'OUT' if suffix == '.npy' else 'ENCODER'} must be name{suffix}; got {output}")
            check_packing(output, mapped=suffix != ".npy", of="ENCODER")
            check_output(output, arguments.force, inputs=[arguments.vectors, arguments.texts, arguments.fit])
    if arguments.words:
        _print_words(arguments)
        return
    if _are_documents(arguments.vectors):
        _write(_documents(arguments), arguments.texts, _claimed(arguments))
        return
    if (classifier := _classifier(arguments)) is not None:
        _write(classifier, arguments.texts, arguments.output)
        return
    encoder = _encoder(arguments)
    if arguments.fit is not None:
        encoder.fit(_lines(arguments.fit))
    elif encoder.needs_fit and encoder.learned is None:
        raise OptionError(f"--fit FILE must be given with --agg {encoder.agg}, or an encoder that was saved")
    if arguments.save is not None:
        encoder.save(Output(arguments.save, force=arguments.force))
        if arguments.texts == "-" and arguments.output is None:
            return
    _write(encoder, arguments.texts, _claimed(arguments))


def _claimed(arguments: Namespace) -> str | None:
    return None if arguments.output is None else Output(arguments.output, force=arguments.force)


class _Classified(NamedTuple):
    """A classifier, whose vector of a text is what it scores the labels by."""

    model: TextClassifier

    def encode(self, texts: Iterable[str]) -> Any:
        """[N, D] the mean of the rows of each text."""
        return self.model.transform(texts)


def _classifier(arguments: Namespace) -> _Classified | None:
    """The classifier that VECTORS may be, where nothing else is asked for than its own vectors of texts."""
    from wordvec.classify import TextClassifier

    told = [name for name in (*OPTIONS, "fit", "save") if getattr(arguments, name) not in (None, "auto", "fasttext")]
    if told or not TextClassifier.is_in(arguments.vectors):
        return None
    made = TextClassifier.load(arguments.vectors)
    if arguments.workers is not None:
        made.options = replace(made.options, workers=arguments.workers)
    return _Classified(made)


def _print_words(arguments: Namespace) -> None:
    """A line for each word: the word and the numbers of its vector, zeros where it has none."""
    from wordvec.classify import TextClassifier
    from wordvec.corpus.sentences import TOKENS
    from wordvec.fasttext.options import Args
    from wordvec.fasttext.rows import Rows
    from wordvec.formats import load

    told = [name for name in (*OPTIONS, "fit", "save", "output") if getattr(arguments, name) is not None]
    if told:
        raise OptionError(f"{', '.join(told)} must be left out with --words, which prints words as they are")
    compose: Callable[[list[str]], Any]
    if TextClassifier.is_in(arguments.vectors):
        compose = Rows.of_classifier(TextClassifier.load(arguments.vectors), Args()).compose
    else:
        vectors = load(arguments.vectors)
        compose = partial(_vectors_of, vectors.with_oov("zero" if vectors.subwords is None else "subword"))
    for line in _lines(arguments.texts):
        words = TOKENS.findall(line)
        for word, row in zip(words, compose(words).tolist() if words else ()):
            sys.stdout.write(f"{word} {' '.join(f'{number:.6g}' for number in row)}\n")


def _vectors_of(vectors: KeyedVectors, words: list[str]) -> Any:
    """[n, D] the vectors of words, zeros for those that have none."""
    import numpy as np

    try:
        return vectors[words]
    except UnknownWordError:
        return np.array([vectors[word] if vectors.can_embed(word) else np.zeros(vectors.vector_size) for word in words])


def _are_documents(path: str) -> bool:
    """Whether it is the folder of a model of documents."""
    recover(path)
    return (Path(path) / "words.safetensors").is_file()


def _documents(arguments: Namespace) -> Documents | Sentences:
    from wordvec.trainers import load_documents

    told = [name for name in (*OPTIONS, "fit", "save") if getattr(arguments, name) is not None]
    if told:
        raise OptionError(f"{', '.join(told)} must be left out: {arguments.vectors} is a model that says how")
    model = load_documents(arguments.vectors)
    if arguments.workers is None:
        return model
    return replace(model, trainer=replace(model.trainer, workers=arguments.workers))  # type: ignore[arg-type]


def _encoder(arguments: Namespace) -> TextEncoder:
    from wordvec.formats import load
    from wordvec.texts import TextEncoder
    from wordvec.texts.encoder import SAVED

    told: dict[str, Any] = {name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None}
    vectors = load(arguments.vectors)
    if SAVED not in vectors.metadata or told.get("agg"):
        return TextEncoder(vectors, workers=arguments.workers, **told)
    if told:
        raise OptionError(f"{', '.join(told)} must be left out: {arguments.vectors} is an encoder that has its own")
    return TextEncoder.load(arguments.vectors, workers=arguments.workers)


def _lines(path: str) -> Iterator[str]:
    from wordvec.corpus.sentences import lines
    from wordvec.corpus.sources import Files, resolve

    found = resolve(path, False)
    assert isinstance(found, Files)
    return lines(found.inputs)


def _write(encoder: TextEncoder | Documents | Sentences | _Classified, texts: str, output: str | None) -> None:
    import numpy as np

    from wordvec.outputs import open_output

    if output is not None:
        with open_output(output) as file:
            np.save(file, encoder.encode(_lines(texts)), allow_pickle=False)
        return
    left = _lines(texts)
    while some := list(islice(left, LINES)):
        for row in encoder.encode(some).tolist():
            sys.stdout.write(" ".join(f"{number:.6g}" for number in row) + "\n")
