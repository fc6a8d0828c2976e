"""What a batch of queries must find among encoded rows: what each finds alone, from scores of all rows."""

import numpy as np

from wordvec._kernels import codes as kernel


def best_places(scores, norms, places):
    """{row: score} of the best rows with a direction; of equal scores the first rows."""
    rows = np.flatnonzero(~np.isnan(scores) & (norms > 2.0**-100) & (norms < 2.0**100))
    order = rows[np.lexsort((rows, -scores[rows]))][:places]
    return dict(zip(order.tolist(), scores[order].tolist(), strict=True))


def alone(encoded, queries, numbers, start, stop, level):
    """[Q, stop - start] the scores of rows for each prepared query by itself."""
    out = np.empty((len(queries), stop - start), np.float32)
    for query, number, line in zip(queries, numbers, out, strict=True):
        arrays = encoded._bytes, encoded._factors, query, number
        kernel.estimate(encoded.scan, *arrays, encoded._size, encoded._levels, start, line, level)
    return out


def together(encoded, queries, numbers, start, stop, places, level):
    """{row: score} for each of the prepared queries, from one scan."""
    count = len(queries)
    scores, rows = np.empty((count, 2 * places), np.float32), np.empty((count, 2 * places), np.int64)
    filled, worsts = np.zeros(count, np.intp), np.full(count, -np.inf, np.float32)
    arrays = encoded._bytes, encoded._factors, encoded.norms, queries, numbers
    sizes = encoded._size, encoded._levels, start, stop, places
    kernel.scan(encoded.scan, *arrays, *sizes, scores, rows, filled, worsts, level)
    return [dict(zip(rows[q, :n].tolist(), scores[q, :n].tolist(), strict=True)) for q, n in enumerate(filled)]
