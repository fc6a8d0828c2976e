"""Facts for `wordvec info` of files other than vectors: counts, maps, phrases, classifiers, documents, indexes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wordvec.base.errors import FormatError, WordvecError

_MAX_HEADER_BYTES = 1 << 22  # of the header of a native file, which names its kind


def facts_of(path: str) -> dict[str, Any] | None:
    """Facts of a file or folder that wordvec wrote and that holds no vectors; None for any other.

    FormatError for a file of such a kind that is damaged.
    """
    if os.path.isdir(path):
        return _documents(path)
    if not os.path.isfile(path):  # standard input and URLs can be read only once
        return None
    if (facts := _index(path)) is not None:
        return facts
    reader = _READERS.get(_kind(path) or "")
    return None if reader is None else reader(path)


def _kind(path: str) -> str | None:
    """The kind that the header of a native file names."""
    from wordvec.inputs import open_input
    from wordvec.vectors.files import is_native

    try:
        with open_input(path) as file:
            head = file.read(9)
            size = int.from_bytes(head[:8], "little")
            if not is_native(head) or size > _MAX_HEADER_BYTES:
                return None
            header = json.loads(head[8:] + file.read(size - 1))
        return str(header["__metadata__"]["format"])
    except (WordvecError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # the reader of vectors reports the error


def _counts(path: str) -> dict[str, Any]:
    from wordvec.cooccurrence import Cooccurrence

    counts = Cooccurrence.load(path)
    corpus = {} if counts.stats is None else {"read": counts.stats.read, "kept": counts.stats.kept}
    return {
        "format": "wordvec-counts",
        "holds": "counts of pairs of words, which `wordvec train` takes as a corpus",
        "words": len(counts.vocabulary),
        "cells": len(counts.data),
        "offsets": None if counts.offsets is None else counts.offsets.tolist(),
        "first_words": list(counts.vocabulary.words[:10]),
        "options": counts.options,
        "corpus": corpus or None,
        "fingerprint": counts.fingerprint,
    }


def _map(path: str) -> dict[str, Any]:
    from wordvec.align import Map

    alignment_map = Map.load(path)
    return {
        "format": "wordvec-map",
        "holds": "a map from one space to another, which `wordvec align map --map` takes",
        "source": str(alignment_map.source),
        "target": None if alignment_map.target is None else str(alignment_map.target),
        "vector_size": alignment_map.source.dims[0],
        "mapped_size": alignment_map.source.dims[1],
        "facts": alignment_map.facts,
    }


def _classifier(path: str) -> dict[str, Any]:
    from wordvec.classify import TextClassifier

    classifier = TextClassifier.load(path)
    labels = classifier.labels
    return {
        "format": "wordvec-classifier",
        "holds": "a classifier of texts, which `wordvec classify predict` takes",
        "labels": len(labels),
        "words": len(classifier.words),
        "vector_size": classifier.options.vector_size,
        "first_labels": labels[:10],
        "metadata": {**classifier.metadata, "options": classifier.options.recorded()},
    }


def _documents(folder: str) -> dict[str, Any] | None:
    from wordvec.trainers import Documents, load_documents
    from wordvec.trainers.document_folders import OTHERS, WORDS

    names = {name for name in (WORDS, *OTHERS) if os.path.isfile(os.path.join(folder, f"{name}.safetensors"))}
    if WORDS not in names or len(names) < 2:
        return None
    model = load_documents(folder)
    if isinstance(model, Documents):
        kind, holds = "documents", "trained documents and their words, which `wordvec encode` takes"
        size: dict[str, Any] = {"documents": len(model.documents)}
    else:
        kind, holds = "sentences", "a Sent2Vec model, which `wordvec encode` takes"
        size = {"ngrams": len(model.ngrams), "word_ngrams": model.trainer.word_ngrams}
    words = model.words
    sizes = {"words": len(words), "vector_size": words.vector_size, **size}
    first = {"first_words": list(words.index_to_key[:10])}
    return {"format": f"wordvec-{kind}", "holds": holds, **sizes, **first, "metadata": words.metadata}


def _phrases(path: str) -> dict[str, Any]:
    from wordvec.phrases import FrozenPhrases

    phrases = FrozenPhrases.load(path)
    return {
        "format": "wordvec-phrases",
        "holds": "phrases, which `wordvec train --phrases` takes",
        "phrases": len(phrases),
        "first_phrases": list(phrases.export_phrases())[:10],
        "passes": len(phrases.passes),
        "connector_words": len(phrases.connector_words),
        "options": phrases.options.recorded() | {"scoring": phrases.scoring},
    }


def _form_context(path: str) -> dict[str, Any]:
    from wordvec.induction.form_context import KIND, read

    model = read(path)
    return {
        "format": KIND,
        "holds": "a form-context model, which `wordvec induce --model` takes",
        "vector_size": model.subwords.vector_size,
        "ngrams": int(model.subwords.table.shape[0]),
        "words": model.words,
        "options": model.options.recorded(),
        "loss": list(model.loss),
    }


def _index(path: str) -> dict[str, Any] | None:
    """Facts of an approximate index, from the record beside it; `path` is that of the index or of its record."""
    from wordvec.search.records import read_record, record_path

    target = Path(path.removesuffix(".json")) if path.endswith(".json") else Path(path)
    if not record_path(target).is_file():
        return None
    try:
        record = read_record(target)
    except FormatError:  # a JSON file of another program
        return None
    size = target.stat().st_size if target.is_file() else None
    if size != record["bytes"]:
        problem = "there is none" if size is None else f"it has {size}"
        raise FormatError(f"{target}: the index must have the {record['bytes']} bytes of its record; {problem}")
    measured = record["measured"]
    return {
        "format": "wordvec-index",
        "holds": "an approximate index of vectors, which `wordvec similar --index` takes",
        "kind": record["kind"],
        "rows": record["rows"],
        "vector_size": record["dim"],
        "bytes": record["bytes"],
        "parameters": record["parameters"],
        "library": record.get("library"),
        "measured": measured if isinstance(measured, dict) else None,
    }


_READERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "wordvec-counts": _counts,
    "wordvec-map": _map,
    "wordvec-classifier": _classifier,
    "wordvec-phrases": _phrases,
    "wordvec-form-context": _form_context,
}
