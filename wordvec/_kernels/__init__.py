"""The compiled kernels, each used by one part of the package; where one is not built, what to do is said."""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path


def __getattr__(name: str) -> None:
    """Asked before a kernel is imported as a submodule: one whose source is here must be built."""
    here = Path(__file__).parent
    if (here / f"{name}.pyx").exists() and not any((here / (name + suffix)).exists() for suffix in EXTENSION_SUFFIXES):
        raise ImportError(
            f"wordvec's kernels must be built; {name!r} is not, in {here}: run `pip install .` and start Python in "
            "another folder, or `python setup.py build_ext --inplace` to use the sources where they are"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
