"""`wordvec train`: learn vectors from a corpus; the flags are the options of the model's class."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from wordvec.base.compressed import SUFFIXES
from wordvec.base.errors import OptionError
from wordvec.cli.checkpoints import add_checkpoint, checkpointed, may_replace
from wordvec.cli.cluster import add_cluster, cluster_of, fit_on
from wordvec.cli.corpora import add_corpus, corpus_of
from wordvec.cli.flags import add_force, add_json, add_quiet, add_to, written_suffixes
from wordvec.cli.help import later
from wordvec.cli.output import check_output, print_json, print_output
from wordvec.cli.parsing import Parser
from wordvec.corpus.report import growth_in_words
from wordvec.inputs.places import MEMBER, STDIN

if TYPE_CHECKING:
    from wordvec.trainers import TextTrainer, Trainer, WordTrainer
    from wordvec.vectors import KeyedVectors


def add_arguments(parser: Parser) -> None:
    """The arguments of a model: corpus and output, then the options of its class."""
    from wordvec.cooccurrence import Cooccurrence
    from wordvec.trainers import TRAINERS, TextTrainer, WordTrainer

    name = parser.choose("--model", TRAINERS, "skipgram", "what to train")
    trainer = TRAINERS[name]
    of_words, of_text = issubclass(trainer, WordTrainer), issubclass(trainer, TextTrainer)
    reads_words = "tokenizer" in signature(trainer.fit).parameters
    is_file = reads_words or not of_text
    if of_text:
        add_corpus(parser, reads_words, reads_words, reads_words, reads_words)
    else:
        what, text = trainer.reads
        parser.add_argument("corpus", nargs="+", metavar=what, help=text)
    text = "the folder to write (default: named after the corpus, in this folder)"
    if is_file:
        text = later(
            lambda: (
                "the file to write (default: named after the corpus, in this folder); its suffix says the format: "
                f"{written_suffixes(words=True)}; any other is native"
            )
        )
    parser.add_argument("-o", "--output", metavar="OUT", help=text)
    if is_file:
        add_to(parser)
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    add_checkpoint(parser)
    if of_words and (hasattr(trainer, "replicas") or Cooccurrence in trainer.takes):
        add_cluster(parser)
    if "init" in signature(trainer.fit).parameters:
        parser.add_argument("--init", metavar="FILE", help="start from these vectors")
    if of_words:
        add_growth(parser)
    if "keep_context" in signature(trainer.fit).parameters:
        parser.add_argument("--keep-context", action="store_true", help="keep the context (output) matrix in the file")
    if "teacher" in signature(trainer.fit).parameters:
        text = "a function from a list of texts to a vector of each, which is imported"
        parser.add_argument("--teacher", metavar="MODULE:FUNCTION", required=True, help=text)
        parser.add_argument("--cache", metavar="FILE", help="keep the teacher's vectors in this .npy file")
    group = parser.add_argument_group(f"options of {name}", (trainer.__doc__ or "").partition("\n")[0])
    if "attributes" in signature(trainer.fit).parameters:
        text = "learn from the attributes of nodes, in files of lines `NODE ATTRIBUTE [ATTRIBUTE ...]`"
        group.add_argument("--attributes", nargs="+", metavar="FILE", help=text)
    trainer.add_arguments(group)


def add_growth(parser: ArgumentParser) -> None:
    """Whether the vectors of --init grow, and which of their words are frozen."""
    from wordvec.trainers.growth import Growth

    parser.add_argument(
        "--grow", action="store_true", help="keep all words of --init, with their counts, and add the new ones"
    )
    Growth.add_arguments(parser)
    parser.add_argument(
        "--freeze",
        metavar="known|FILE",
        help="do not change the vectors that --init has: of all its words (known), or of those in a file, one a line",
    )


def default_output(corpus: Sequence[str], suffix: str = ".safetensors") -> str:
    """The name of the corpus without folder and suffixes, and with a new suffix.

    >>> default_output(["texts/wiki.txt.xz"])
    'wiki.safetensors'
    """
    name = unquote(urlsplit(corpus[0]).path) if "://" in corpus[0] else corpus[0]
    path = PurePath(name.rpartition(MEMBER)[2] if not os.path.exists(name) else name)
    is_compressed = path.suffix in (*SUFFIXES, ".zip") and PurePath(path.stem).suffix
    stem = PurePath(path.stem).stem if is_compressed else path.stem
    is_pattern = any(character in stem for character in "*?[") and not os.path.exists(corpus[0])
    if stem in ("", "-", "..") or is_pattern or corpus[0] in STDIN:
        raise OptionError(f"-o OUT must be given where the corpus has no name; the corpus is {corpus[0]!r}")
    return f"{stem}{suffix}"


def run(arguments: Namespace) -> None:
    """Train and save; an output that cannot be written is an error before the training."""
    from wordvec.trainers import TRAINERS, TextTrainer, WordTrainer

    trainer = TRAINERS[arguments.model].from_arguments(arguments)
    if isinstance(trainer, WordTrainer):
        _train_words(trainer, arguments)
    elif not isinstance(trainer, TextTrainer):
        _train_nodes(trainer, arguments)
    else:
        from wordvec.trainers import SenseTrainer

        (_train_senses if isinstance(trainer, SenseTrainer) else _train_documents)(trainer, arguments)


def _train_words(trainer: WordTrainer, arguments: Namespace) -> None:
    """Train a model of words and save its vectors."""
    from wordvec import formats
    from wordvec.corpus.sources import without

    where = cluster_of(arguments) if hasattr(arguments, "cluster") else None
    # the result may replace the file of --init if no word is lost
    output = _checked_output(arguments, trainer.composes)
    init = formats.load(arguments.init) if arguments.init else None
    files = without(arguments.corpus, [output])
    cache, progress = arguments.cache, not arguments.quiet
    corpus = corpus_of(arguments, files, trainer.reading())
    if not isinstance(corpus, (str, list)):  # encoded
        cache = None
    how = _growth(arguments, init)
    if init is not None and not arguments.grow and _same_file(output, arguments.init):
        corpus, cache = trainer.ready(corpus, cache=cache, progress=progress), None
        _check_nothing_is_lost(init, corpus, output)
    how |= {"keep_context": arguments.keep_context, "cache": cache}
    _fit_and_save(arguments, output, lambda **more: fit_on(where, arguments, trainer, corpus, init=init, **how, **more))


def _fit_and_save(arguments: Namespace, output: str, fit: Callable[..., KeyedVectors], **how: Any) -> None:
    """Train by fit(checkpoint=, progress=) and what `how` adds, save the vectors, and say what they are."""
    from wordvec import formats

    with checkpointed(arguments, output) as checkpoint:
        vectors = fit(progress=not arguments.quiet, checkpoint=checkpoint, **how)
    formats.save(vectors, output, arguments.to or _format(output, vectors))
    _print_summary(arguments, _summary(vectors, output))


def _checked_output(arguments: Namespace, composes: str | None = None) -> str:
    """The file or folder to write; an error where it cannot be written, or has no place for words."""
    from wordvec import formats

    output = arguments.output or default_output(arguments.corpus)
    name = arguments.to or _format(output)
    _check_format(name, composes, output)
    is_folder = formats.FORMATS[name].is_folder
    return check_output(output, may_replace(arguments, output), is_folder, arguments.corpus, arguments.json)


def _train_senses(trainer: TextTrainer, arguments: Namespace) -> None:
    """Train a model of senses and save its vectors."""
    from wordvec.corpus.sources import without

    output = _checked_output(arguments)
    corpus = corpus_of(arguments, without(arguments.corpus, [output]), trainer.reading())
    cache = arguments.cache if isinstance(corpus, (str, list)) else None
    _fit_and_save(arguments, output, partial(trainer.fit, corpus), cache=cache)


def _train_nodes(trainer: Trainer, arguments: Namespace) -> None:
    """Train a model of pairs, a graph or a tree, or of a teacher's texts, and save its vectors."""
    from wordvec import formats
    from wordvec.corpus.sources import files_of, without
    from wordvec.corpus.tokenizers import function_named

    output = _checked_output(arguments)
    how: dict[str, Any] = {"keep_context": True} if getattr(arguments, "keep_context", False) else {}
    corpus = arguments.corpus
    if getattr(arguments, "attributes", None) is not None:
        how["attributes"] = arguments.attributes
    if getattr(arguments, "init", None) is not None:
        how["init"] = formats.load(arguments.init)
    if getattr(arguments, "teacher", None) is not None:
        teacher = function_named(arguments.teacher, "--teacher", "a list of texts to a vector of each")
        how |= {"teacher": teacher, "cache": arguments.cache}
        corpus = files_of(without(corpus, [output]))
    _fit_and_save(arguments, output, partial(trainer.fit, corpus), **how)


def _growth(arguments: Namespace, init: KeyedVectors | None) -> dict[str, Any]:
    """The arguments of `fit` that say whether `init` grows, and what is frozen."""
    from wordvec.inputs import read_lines
    from wordvec.trainers.growth import Growth

    growth = Growth.from_arguments(arguments)
    if init is None and (arguments.grow or arguments.freeze):
        flag = "--grow" if arguments.grow else "--freeze"
        raise OptionError(f"--init FILE must be given with {flag}: the vectors whose words are kept")
    if not arguments.grow and growth != Growth():
        raise OptionError("--grow must be given with --new-words and --growth-alpha, which say how vectors grow")
    freeze = arguments.freeze
    if freeze is not None and freeze != "known":
        freeze = [line for line in read_lines(freeze) if line.strip()]
    return {"grow": growth if arguments.grow else False, "freeze": freeze}


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _check_nothing_is_lost(init: KeyedVectors, corpus: Any, output: str) -> None:
    """OptionError if OUT is the file of --init, and some of its words are not in the corpus."""
    common = int((init.vocabulary.ids(corpus.vocabulary) >= 0).sum())
    if lost := len(init) - common:
        raise OptionError(
            f"OUT must be another file than that of --init, {output}, where words would be lost: {lost:,} of its "
            f"{len(init):,} words are not among the {len(corpus.vocabulary):,} of the corpus; give "
            "--grow to keep them"
        )


def _train_documents(trainer: Trainer, arguments: Namespace) -> None:
    """Train a model of documents and save it in a folder."""
    from wordvec.corpus.sources import files_of, without

    output = arguments.output or default_output(arguments.corpus, f".{trainer.name}")
    if len(arguments.corpus) > 1:
        raise OptionError(f"CORPUS must be one file, folder or pattern for {trainer.name}; got {len(arguments.corpus)}")
    output = check_output(output, may_replace(arguments, output), True, arguments.corpus, arguments.json)
    corpus = without(arguments.corpus, [output])
    texts = corpus[0] if corpus == arguments.corpus else files_of(corpus)
    with checkpointed(arguments, output) as checkpoint:
        model = trainer.fit(texts, progress=not arguments.quiet, checkpoint=checkpoint)
    model.save(output)
    _print_summary(arguments, _summary(model.words, output))


def _print_summary(arguments: Namespace, summary: dict[str, Any]) -> None:
    """Print the summary as JSON, or the output on stdout and a line on stderr."""
    output = summary["output"]
    if arguments.json:
        print_json(summary)
    else:
        print_output(output, "" if arguments.quiet else _in_words(summary) + "\n")


def _format(output: str, vectors: KeyedVectors | None = None) -> str:
    """The format of the output's suffix; native for a suffix that no format has."""
    from wordvec.formats import format_of

    return format_of(output, vectors, default="native")


def _check_format(name: str, composes: str | None, output: str) -> None:
    """OptionError for a format that cannot hold words, or the model's kind of n-grams."""
    from wordvec.formats import FORMATS
    from wordvec.vectors.parts import SUBWORDS

    kinds = FORMATS[name].kinds
    if not FORMATS[name].holds_words and composes not in kinds:
        raise OptionError(f"OUT must be of a format with words, such as .safetensors; got {output}, a table of n-grams")
    if kinds and composes and composes not in kinds and SUBWORDS in FORMATS[name].holds:
        raise OptionError(
            f"OUT must be of a format that holds n-grams of the kind {composes}, such as .safetensors; {name}, of "
            f"{output}, holds those of {', '.join(kinds)}"
        )


def _summary(vectors: KeyedVectors, output: str) -> dict[str, Any]:
    metadata = vectors.metadata
    keys = ("trainer", "options", "corpus", "attributes", "init", "loss")
    facts = {key: metadata[key] for key in keys if key in metadata}
    return {"output": output, "words": len(vectors), "vector_size": vectors.vector_size, **facts}


def _in_words(summary: dict[str, Any]) -> str:
    size = summary["vector_size"]
    text = f"{summary['words']:,} vectors of {size} dimension{'s' * (size != 1)}"
    loss = [number for number in summary.get("loss", ()) if number is not None]
    text += f"; loss {loss[0]:.4f} to {loss[-1]:.4f}" if loss else "; nothing was learned" * ("loss" in summary)
    grown = growth_in_words(summary.get("init", {}))
    return text + (f"; {grown}" if grown else "")
