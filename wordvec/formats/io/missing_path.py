"""The error for a path that does not exist: a close name, or how to download what the name stands for."""

from __future__ import annotations

import errno
import os
import re
from difflib import get_close_matches

_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+$")  # owner/name
_DOWNLOADER = re.compile(r"(?:glove|fasttext|word2vec|conceptnet)-[a-z0-9-]+-\d+(?:-\d+)?$")  # gensim's names
_SPACY = re.compile(r"[a-z]{2,3}_[a-z]+_[a-z]+_(?:sm|md|lg|trf)$")
_SUFFIX = re.compile(r"\.[A-Za-z]\w{1,11}$")


def missing(name: str) -> FileNotFoundError:
    """The error for a path that does not exist.

    >>> str(missing("minishlab/potion-base-8M"))[10:102]
    'No such file or folder; a name of the Hugging Face hub is no path: download the folder first'
    """
    text = "No such file or folder"
    folder, own = os.path.split(os.path.abspath(name))
    try:
        near = get_close_matches(own, sorted(os.listdir(folder)), 1, 0.8)
    except OSError:
        near = []
    if near:
        text += f"; did you mean {os.path.join(os.path.dirname(name), near[0])}?"
    elif _HUB.match(name) and not os.path.isdir(folder) and not _SUFFIX.search(name):
        text += (
            f"; a name of the Hugging Face hub is no path: download the folder first, as `hf download {name} "
            f"--local-dir {own}` does, and give its path"
        )
    elif _DOWNLOADER.match(name):
        text += (
            f"; a name of gensim's downloader is no path: give the file that its `load('{name}', return_path=True)` "
            "names"
        )
    elif _SPACY.match(name):
        text += f"; a name of a spaCy pipeline is no path: give the folder that `python -m spacy info {name}` names"
    return FileNotFoundError(errno.ENOENT, text, name)
