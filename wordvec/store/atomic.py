"""The one way to write a file, under the name that parts above know it by."""

from __future__ import annotations

from wordvec.outputs import open_output as atomic_file

__all__ = ["atomic_file"]
