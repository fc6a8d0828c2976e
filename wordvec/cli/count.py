"""`wordvec count`: the co-occurrence counts of a corpus, in a file that models learn from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from wordvec.base.errors import OptionError
from wordvec.cli.checkpoints import add_checkpoint, checkpointed, may_replace
from wordvec.cli.cluster import add_cluster, cluster_of, count_on
from wordvec.cli.corpora import add_corpus, corpus_of
from wordvec.cli.flags import add_force, add_json, add_quiet
from wordvec.cli.output import check_output, file_bytes, print_json, print_output
from wordvec.cli.parsing import Parser
from wordvec.cli.train import default_output
from wordvec.outputs.names import is_stdout

if TYPE_CHECKING:
    from wordvec.cooccurrence import Cooccurrence

_GLOVE = ".bin"


def add_arguments(parser: Parser) -> None:
    """The arguments of `count`."""
    from wordvec.cooccurrence import Counting

    add_corpus(parser, also="; with name.bin and --from-glove, vocab.txt of GloVe, which is written or read")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="the file to write (default: named after the corpus, .counts.safetensors, in this folder); name.bin is "
        "GloVe's cooccurrence.bin, and needs --vocab",
    )
    parser.add_argument(
        "--from-glove", action="store_true", help="CORPUS is a cooccurrence.bin of GloVe; nothing is counted"
    )
    parser.add_argument("--per-offset", action="store_true", help="count each distance in columns of its own")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    add_cluster(parser)
    add_checkpoint(parser, every=False)
    Counting.add_arguments(parser.add_argument_group("options of the counting"))


def run(arguments: Namespace) -> None:
    """Count and save; an output that cannot be written is an error before the counting."""
    output = arguments.output or default_output(arguments.corpus).replace(".safetensors", ".counts.safetensors")
    suffix = PurePath(output).suffix
    if suffix not in (".safetensors", _GLOVE) and not is_stdout(output):
        raise OptionError(f"OUT must be name.safetensors, or name.bin for GloVe; got {output}")
    arguments.is_glove = suffix == _GLOVE or arguments.from_glove  # then --vocab is no list of words to keep
    if arguments.is_glove and not arguments.vocab:
        raise OptionError("--vocab must be given for a cooccurrence.bin: the file of its words")
    if arguments.from_glove and arguments.stop_words:
        raise OptionError("--stop-words must be left out with --from-glove, where nothing is counted")
    if suffix == _GLOVE and arguments.from_glove:
        raise OptionError(f"OUT must be name.safetensors with --from-glove; got {output}")
    outputs = [output, arguments.vocab] if suffix == _GLOVE else [output]
    inputs = [*arguments.corpus, arguments.vocab] if arguments.from_glove else arguments.corpus
    force = may_replace(arguments, *outputs)
    outputs = [check_output(path, force, inputs=inputs, json=arguments.json) for path in outputs]
    counts = _counts(arguments, outputs)
    if suffix == _GLOVE:
        counts.save_glove_format(*outputs)
    else:
        counts.save(outputs[0])
    facts = {"output": output, "words": len(counts.vocabulary), "cells": len(counts.data), "options": counts.options}
    facts["file_bytes"] = file_bytes(output)
    if arguments.json:
        print_json(facts)
        return
    summary = f"{len(counts.data):,} cells of {len(counts.vocabulary):,} words\n"
    print_output(output, "" if arguments.quiet else summary)


def _counts(arguments: Namespace, outputs: Sequence[str]) -> Cooccurrence:
    from wordvec.cooccurrence import Cooccurrence, Counting, count
    from wordvec.corpus.sources import without

    where = cluster_of(arguments)
    names = without(arguments.corpus, outputs)
    if arguments.from_glove:
        if arguments.checkpoint is not None or arguments.resume:
            raise OptionError("--checkpoint must be left out with --from-glove, where nothing is counted")
        if where is not None:
            raise OptionError("--cluster must be left out with --from-glove, where nothing is counted")
        if len(arguments.corpus) != 1:
            raise OptionError(f"--from-glove reads one file; got {len(arguments.corpus)}")
        return Cooccurrence.load_glove_format(names[0], arguments.vocab)
    counting = Counting.from_arguments(arguments)
    corpus, options = corpus_of(arguments, names, counting.reading()), counting.to_dict()
    how = {
        "cache": arguments.cache if isinstance(corpus, (str, list)) else None,
        "progress": not arguments.quiet,
        "per_offset": arguments.per_offset,
    }
    if where is not None:
        return count_on(where, arguments, corpus, **how, **options)
    with checkpointed(arguments, *outputs) as checkpoint:
        return count(corpus, checkpoint=checkpoint, **how, **options)
