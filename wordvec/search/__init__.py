"""Search among rows, or the rows of arrays, by cosine: exact, by analogy, against hubs, by sets, with indexes."""

from __future__ import annotations

from wordvec.rows.norms import directed
from wordvec.search.exact import cosines, limited, nearest, rows_closer, unit_queries
from wordvec.search.pairs import all_nearest, nearest_blocks

__all__ = ["all_nearest", "cosines", "directed", "limited", "nearest", "nearest_blocks", "rows_closer", "unit_queries"]
