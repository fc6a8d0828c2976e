"""Vectors on the Hugging Face Hub, as `hf://OWNER/NAME[@REVISION][/FILE]`: downloaded and kept by huggingface_hub."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from typing import Any

from wordvec.base.compressed import SUFFIXES as COMPRESSIONS
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.libraries import library

SCHEME = "hf://"
SUFFIXES = (".safetensors", ".bin", ".ftz", ".vec", ".txt", ".glove", ".fifu", ".floret", ".magnitude", ".kv", ".model")
_NAME = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([^/\s]+))?(?:/(.*))?")
_FOLDERS = ("", "0_StaticEmbedding/")  # of a repository that is itself a folder of model2vec or sentence-transformers
_PARTS = ("model.safetensors", "tokenizer.json")
_BESIDE = ("config.json", "modules.json")
_NOT_VECTORS = ("pytorch_model*.bin", "training_args.bin", "optimizer.bin", "*README*", "*requirements*", "vocab.txt")


def is_hub(name: str) -> bool:
    """Whether a name is one of a file or folder on the hub."""
    return name.lower().startswith(SCHEME)


def fetched(url: str) -> str:
    """The path of a file or folder on the hub, in the cache of huggingface_hub, downloaded unless it is there.

    Without a file in the name, the repository must be a folder of model2vec or sentence-transformers' static vectors,
    or have just one file of vectors. Files that gensim saved come with the arrays beside them. LibraryError without
    huggingface_hub, OptionError for a name that is not clear, FormatError where nothing can be downloaded.
    """
    repository, revision, file = parts(url)
    hub = library("huggingface_hub", "huggingface-hub>=0.30", "to read from the hub")
    names = _names(hub, url, repository, revision)
    chosen = file or choose(url, names)
    wanted = _beside(chosen, names)
    if not wanted:
        raise FormatError(f"{url} must be a file of {repository}; it has {_listed(names)}")
    folder = _call(url, hub.snapshot_download, repository, revision=revision, allow_patterns=wanted)
    path = os.path.join(folder, chosen)
    if not os.path.realpath(path).startswith(os.path.realpath(os.path.join(folder, "..", "..", "")) + os.sep):
        raise FormatError(f"{url} must lie inside the cache; its name leads out of it")
    return path


def parts(url: str) -> tuple[str, str | None, str]:
    """(repository, revision, file or "") of a name.

    >>> parts("hf://minishlab/potion-base-8M"), parts("hf://facebook/fasttext-en-vectors@main/model.bin")
    (('minishlab/potion-base-8M', None, ''), ('facebook/fasttext-en-vectors', 'main', 'model.bin'))
    """
    match = _NAME.fullmatch(url)
    file = (match[3] or "").rstrip("/") if match else ""
    if match is None or ".." in file.split("/") or file.startswith("/"):
        raise OptionError(f"a name on the hub must be hf://OWNER/NAME, @REVISION and /FILE where needed; got {url!r}")
    return match[1], match[2], file


def choose(url: str, names: list[str]) -> str:
    """The file of vectors among the names of a repository, or "" where the repository is a folder of vectors."""
    if any(all(folder + part in names for part in _PARTS) for folder in _FOLDERS):
        return ""
    likely = [name for name in names if _may_be_vectors(name)]
    if len(likely) != 1:
        raise OptionError(f"{url} must have one file of vectors; it has {_listed(likely)}: name one, as {url}/FILE")
    return likely[0]


def _may_be_vectors(name: str) -> bool:
    last = name.rpartition("/")[2]
    plain = next((last.removesuffix(end) for end in COMPRESSIONS if last.endswith(end)), last).lower()
    return plain.endswith(SUFFIXES) and not any(fnmatchcase(last, pattern) for pattern in _NOT_VECTORS)


def _beside(chosen: str, names: list[str]) -> list[str]:
    """The names to download for a choice: the file and its arrays (name.vectors.npy), or the files of the folder."""
    if chosen:
        return [name for name in names if name == chosen or (name.startswith(f"{chosen}.") and name.endswith(".npy"))]
    return [name for name in names if any(name == folder + part for folder in _FOLDERS for part in _PARTS + _BESIDE)]


def _names(hub: Any, url: str, repository: str, revision: str | None) -> list[str]:
    """The names of the files of a repository; of the copy in the cache where the hub cannot be reached."""
    try:
        return list(hub.list_repo_files(repository, revision=revision))
    except (hub.errors.HfHubHTTPError, hub.errors.HFValidationError) as problem:
        raise FormatError(f"{url} cannot be downloaded: {_line(problem)}") from problem
    except Exception as problem:  # each version of huggingface_hub has its own library for HTTP
        try:
            folder = hub.snapshot_download(repository, revision=revision, local_files_only=True)
        except Exception:
            raise FormatError(f"{url} cannot be downloaded: {_line(problem)}") from problem
        walked = ((base, files) for base, _, files in os.walk(folder))
        return [
            os.path.relpath(os.path.join(base, file), folder).replace(os.sep, "/") for base, fs in walked for file in fs
        ]


def _call(url: str, function: Any, *arguments: Any, **options: Any) -> str:
    try:
        return str(function(*arguments, **options))
    except Exception as problem:
        raise FormatError(f"{url} cannot be downloaded: {_line(problem)}") from problem


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:300]


def _listed(names: list[str]) -> str:
    some = ", ".join(names[:10])
    return f"{some} and {len(names) - 10} more" if len(names) > 10 else some or "none"
