"""`wordvec encode`: the vectors of texts, one a line, as an array or as rows of text."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wordvec.base.errors import CorpusError, OptionError, UnknownWordError
from wordvec.cli.flags import add_force
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.output import check_output
from wordvec.cli.parsing import Parser
from wordvec.outputs import Output, check_packing, is_stdout, recover, split_compression

if TYPE_CHECKING:
    from wordvec.base.options import Options
    from wordvec.classify import TextClassifier
    from wordvec.texts import TextEncoder
    from wordvec.trainers import Documents, Sentences
    from wordvec.vectors import KeyedVectors

_BATCH = 1 << 14  # lines that are encoded at once if the vectors go to stdout


def add_arguments(parser: Parser) -> None:
    parser.add_argument("vectors", metavar="VECTORS", help="vectors, an encoder, or the folder of a model of documents")
    parser.add_argument("texts", nargs="?", default="-", metavar="TEXTS", help="texts, one a line (default: stdin)")
    parser.add_argument("-o", "--output", metavar="OUT", help="write an array, name.npy (default: print rows)")
    parser.add_argument("--words", action="store_true", help="print each word of TEXTS and its vector instead")
    parser.add_argument("--fit", metavar="FILE", help="learn weights and common components of these texts, one a line")
    parser.add_argument("--save", metavar="ENCODER", help="save the fitted encoder: name.safetensors, to be VECTORS")
    add_force(parser)
    add_flags(parser, _table())


def _table() -> dict[str, type[Options]]:
    from wordvec.texts.options import EncoderOptions

    return {"encoder": EncoderOptions}


def _given(arguments: Namespace, *others: str) -> dict[str, Any]:
    """The options of an encoder that the command line gives, and `others` of its flags."""
    options = given_options(arguments, _table(), "encoder", without=("workers",))
    return options | {name: getattr(arguments, name) for name in others if getattr(arguments, name) is not None}


def run(arguments: Namespace) -> None:
    """Encode the lines; an output that cannot be written is an error before the work."""
    for output, suffix in ((arguments.output, ".npy"), (arguments.save, ".safetensors")):
        if output is not None:
            is_stream = suffix == ".npy" and is_stdout(output)
            if not is_stream and not split_compression(output)[0].endswith(suffix):
                raise OptionError(f"{'OUT' if suffix == '.npy' else 'ENCODER'} must be name{suffix}; got {output}")
            check_packing(output, mapped=suffix != ".npy", of="ENCODER")
            check_output(output, arguments.force, inputs=[arguments.vectors, arguments.texts, arguments.fit])
    if arguments.words:
        _print_words(arguments)
        return
    if _are_documents(arguments.vectors):
        _write(_documents(arguments), arguments.texts, _checked_output(arguments))
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
    _write(encoder, arguments.texts, _checked_output(arguments))


def _checked_output(arguments: Namespace) -> str | None:
    return None if arguments.output is None else Output(arguments.output, force=arguments.force)


class _Classified(NamedTuple):
    """A classifier as an encoder of texts: the vector by which it scores the labels."""

    model: TextClassifier

    def encode(self, texts: Iterable[str]) -> Any:
        """[N, D] the mean of the rows of each text."""
        return self.model.transform(texts)


def _classifier(arguments: Namespace) -> _Classified | None:
    """The classifier that VECTORS may be, if no option asks for other vectors than its own."""
    from wordvec.classify import TextClassifier

    others = [name for name, value in _given(arguments, "fit", "save").items() if value not in ("auto", "fasttext")]
    if others or not TextClassifier.is_in(arguments.vectors):
        return None
    classifier = TextClassifier.load(arguments.vectors)
    if arguments.workers is not None:
        classifier.options = replace(classifier.options, workers=arguments.workers)
    return _Classified(classifier)


def _print_words(arguments: Namespace) -> None:
    """Print a line for each word: the word and its vector, zeros for an unknown word."""
    from wordvec.classify import TextClassifier
    from wordvec.corpus.sentences import TOKENS
    from wordvec.fasttext.options import Args
    from wordvec.fasttext.rows import Rows
    from wordvec.formats import load

    options = _given(arguments, "fit", "save", "output")
    if options:
        raise OptionError(f"{', '.join(options)} must be left out with --words, which prints words as they are")
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
    """[n, D] the vectors of words, zeros for unknown words."""
    import numpy as np

    try:
        return vectors[words]
    except UnknownWordError:
        return np.array([vectors[word] if vectors.can_embed(word) else np.zeros(vectors.vector_size) for word in words])


def _are_documents(path: str) -> bool:
    """Whether a path is the folder of a model of documents."""
    recover(path)
    return (Path(path) / "words.safetensors").is_file()


def _documents(arguments: Namespace) -> Documents | Sentences:
    from wordvec.trainers import load_documents

    options = _given(arguments, "fit", "save")
    if options:
        raise OptionError(f"{', '.join(options)} must be left out: {arguments.vectors} is a model that says how")
    model = load_documents(arguments.vectors)
    if arguments.workers is None:
        return model
    return replace(model, trainer=replace(model.trainer, workers=arguments.workers))  # type: ignore[arg-type]


def _encoder(arguments: Namespace) -> TextEncoder:
    from wordvec.formats import load
    from wordvec.texts import TextEncoder
    from wordvec.texts.encoder import SAVED

    options = _given(arguments)
    vectors = load(arguments.vectors)
    if SAVED not in vectors.metadata or options.get("agg"):
        return TextEncoder(vectors, workers=arguments.workers, **options)
    if options:
        raise OptionError(f"{', '.join(options)} must be left out: {arguments.vectors} is an encoder that has its own")
    return TextEncoder.load(arguments.vectors, workers=arguments.workers)


def _lines(path: str) -> Iterator[str]:
    """The lines of a file or of stdin; CorpusError where there are none."""
    from wordvec.corpus.sentences import lines
    from wordvec.corpus.sources import Files, resolve

    files = resolve(path, False)
    assert isinstance(files, Files)
    rest = lines(files.inputs)
    if (first := next(rest, None)) is None:
        raise CorpusError(f"{'stdin' if path == '-' else path} must have a line of text; it has none")
    return chain([first], rest)


def _write(encoder: TextEncoder | Documents | Sentences | _Classified, texts: str, output: str | None) -> None:
    import numpy as np

    from wordvec.outputs import open_output

    if output is not None:
        with open_output(output) as file:
            np.save(file, encoder.encode(_lines(texts)), allow_pickle=False)
        return
    rest = _lines(texts)
    while batch := list(islice(rest, _BATCH)):
        for row in encoder.encode(batch).tolist():
            sys.stdout.write(" ".join(f"{number:.6g}" for number in row) + "\n")
