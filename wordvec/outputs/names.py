"""What the name of an output says: its compression and its format."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import PurePath

from wordvec.base.compressed import SUFFIXES
from wordvec.base.errors import OptionError

STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_TABLE = "rows of text (name.txt, name.vec or name.glove)"
_NATIVE = "a native file (name.safetensors)"
_ARRAY = "an array with its words beside it (name.npy)"
FOREIGN = {  # suffixes of formats that wordvec does not write: the format, and what to use instead
    ".csv": ("comma-separated values", _TABLE),
    ".tsv": ("tab-separated values", _TABLE),
    ".tab": ("tab-separated values", _TABLE),
    ".json": ("JSON", _NATIVE),
    ".jsonl": ("JSON", _NATIVE),
    ".ndjson": ("JSON", _NATIVE),
    ".yaml": ("YAML", _NATIVE),
    ".yml": ("YAML", _NATIVE),
    ".toml": ("TOML", _NATIVE),
    ".xml": ("XML", _NATIVE),
    ".html": ("a web page", _NATIVE),
    ".md": ("Markdown", _TABLE),
    ".xls": ("a spreadsheet", _TABLE),
    ".xlsx": ("a spreadsheet", _TABLE),
    ".ods": ("a spreadsheet", _TABLE),
    ".npz": ("an archive of arrays", _ARRAY),
    ".mat": ("a file of Matlab", _ARRAY),
    ".parquet": ("Parquet", "to_arrow() of the vectors, and pyarrow to write it, or " + _NATIVE),
    ".arrow": ("Arrow", "to_arrow() of the vectors, and pyarrow to write it, or " + _NATIVE),
    ".feather": ("Arrow", "to_arrow() of the vectors, and pyarrow to write it, or " + _NATIVE),
    ".pkl": ("a pickle", _NATIVE),
    ".pickle": ("a pickle", _NATIVE),
    ".joblib": ("a pickle", _NATIVE),
    ".h5": ("HDF5", _NATIVE),
    ".hdf5": ("HDF5", _NATIVE),
    ".keras": ("a model of Keras", _NATIVE),
    ".pt": ("a file of PyTorch", _NATIVE),
    ".pth": ("a file of PyTorch", _NATIVE),
    ".ckpt": ("a checkpoint", _NATIVE),
    ".pb": ("a model of TensorFlow", _NATIVE),
    ".tflite": ("a model of TensorFlow", _NATIVE),
    ".onnx": ("a model of ONNX", _NATIVE),
    ".gguf": ("a model of GGML", _NATIVE),
    ".spacy": ("a file of spaCy", "to_spacy(vectors)"),
    ".ftz": ("a compressed model of fastText, which is only read", _NATIVE + ", made small by `wordvec compress`"),
    ".magnitude": ("a Magnitude file, which wordvec only reads", _NATIVE),
    ".db": ("a database", _NATIVE),
    ".sqlite": ("a database", _NATIVE),
    ".sqlite3": ("a database", _NATIVE),
    ".faiss": ("an index", _NATIVE),
    ".annoy": ("an index", _NATIVE),
    ".py": ("a program", _NATIVE),
    ".pdf": ("a document", _NATIVE),
    ".docx": ("a document", _NATIVE),
}
PACKED = {  # suffixes of archives and compressions that are not written
    **{suffix: "an archive" for suffix in (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".7z", ".rar", ".egg", ".whl")},
    **{".lz4": "LZ4", ".br": "Brotli", ".z": "compress", ".lzma": "LZMA", ".sz": "Snappy", ".lz": "lzip"},
}


def is_stdout(path: str | os.PathLike[str]) -> bool:
    """Whether a path stands for standard output."""
    return os.fspath(path) in STDOUT


def split_compression(path: str | os.PathLike[str]) -> tuple[str, str | None]:
    """(the name without the suffix of a compressor, the compression or None).

    >>> split_compression("vectors.txt.gz"), split_compression("vectors.bin")
    (('vectors.txt', 'gzip'), ('vectors.bin', None))
    """
    name = os.fsdecode(os.fspath(path))
    stem, suffix = os.path.splitext(name)
    if (kind := SUFFIXES.get(suffix.lower())) is not None:
        return stem, kind
    return name, None


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The suffix of the format in lower case, without that of a compressor; "/" for a folder."""
    name = split_compression(path)[0]
    return "/" if name.endswith(("/", os.sep)) else PurePath(name).suffix.lower()


def check_packing(path: str | os.PathLike[str], *, mapped: bool = False, of: str = "the output") -> None:
    """OptionError where a name has the suffix of an archive or of a compression that is not written.

    A file that is `mapped` when it is opened cannot be compressed.
    """
    shown, (name, kind) = os.fsdecode(os.fspath(path)), split_compression(path)
    if (other := PACKED.get(PurePath(shown).suffix.lower()) or PACKED.get(PurePath(name).suffix.lower())) is not None:
        raise OptionError(f"{of} must end in {', '.join(SUFFIXES)} to be compressed; got {shown}, which says {other}")
    if mapped and kind is not None:
        plain = name if PurePath(name).suffix else f"{name}.safetensors"
        raise OptionError(
            f"{of} must not be compressed, since it is mapped when it is opened; got {shown}: write {plain} and "
            "compress that, or for vectors choose rows of text or word2vec's binary (name.txt.gz, name.bin.gz)"
        )


def check_name(
    path: str | os.PathLike[str],
    what: str,
    *,
    mapped: bool = False,
    others: Collection[str] = (),
    of: str = "the output",
) -> None:
    """OptionError where the name of an output has the suffix of another format than `what`.

    `others` are further suffixes that are refused; so is that of a compressor where the file is `mapped`. No suffix, or
    an unknown one, is allowed.
    """
    check_packing(path, mapped=mapped, of=of)
    suffix, shown = suffix_of(path), os.fsdecode(os.fspath(path))
    if suffix in FOREIGN or suffix in others:
        meaning, instead = FOREIGN.get(suffix, (f"another format ({suffix})", _NATIVE))
        raise OptionError(
            f"{of} must have a name of what is written, which is {what}; {shown} says {meaning}: there is {instead}"
        )
