"""Rows: the objects that hold vectors, one kind a file: dense, shared, composed; encoded ones are `wordvec.codecs`."""

from __future__ import annotations

from wordvec.rows.base import Rows
from wordvec.rows.composed import Composed
from wordvec.rows.dense import Dense
from wordvec.rows.norms import directed, row_norms
from wordvec.rows.shared import Shared, as_rows

__all__ = ["Composed", "Dense", "Rows", "Shared", "as_rows", "directed", "row_norms"]
