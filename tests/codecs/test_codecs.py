"""Every codec: what is lost is bounded, what is kept is found, files are checked, threads and blocks change nothing."""

import json

import numpy as np
import pytest

from wordvec import codecs, search
from wordvec._kernels import codes as kernel
from wordvec._kernels import kmeans
from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs import CODECS, base, codebooks, encode, open_rows
from wordvec.codecs.rotation import balanced, pca_rotation, random_rotation
from wordvec.rows import base as rows_base
from wordvec.store import row_norms

VARIANTS = {
    "float16": {},
    "bfloat16": {},
    "int8": {},
    "pq": {"m": "d/2"},
    "pq opq": {"m": "d/4", "opq": True},
    "bits": {"candidates": 200},
    "bits float32": {"rescore": "float32", "candidates": 200},
    "bits alone": {"rescore": None, "candidates": 200},
    "bits plain": {"rescore": "float16", "rotate": False, "center": False, "candidates": 200},
}
every_codec = pytest.mark.parametrize("variant", VARIANTS)
EXACT = ["float16", "bfloat16", "int8", "pq", "pq opq"]  # what a search finds is proven
LEVELS = range(kernel.LEVEL + 1)


def vectors(seed=0, rows=500, dim=30):
    """Rows in groups, as those of words are, with duplicates, multiples and zero rows."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, dim))
    matrix = (0.5 + centres[rng.integers(0, 40, rows)] + 0.5 * rng.standard_normal((rows, dim))).astype(np.float32)
    matrix *= rng.uniform(0.3, 3, (rows, 1)).astype(np.float32)
    if rows >= 500:
        matrix[100:220] = matrix[3]  # more duplicates than spare candidates
        matrix[250:260] = 4 * matrix[7]
        matrix[300:310] = 0
    return matrix


def made(variant, matrix, **options):
    name = variant.split()[0]
    return encode(matrix, name, **{**VARIANTS[variant], **options})


def reopened(encoded):
    """As from a file: arrays that cannot be written to, a config that was JSON."""
    tensors = {name: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape) for name, a in encoded.tensors().items()}
    return open_rows(encoded.name, tensors, json.loads(json.dumps(encoded.config())))


def scores_of(encoded, query):
    """What a search scores: cosines of decoded rows, or the estimates of bits alone; NaN for zero rows."""
    unit = np.asarray(query, np.float64) / np.linalg.norm(query)
    wide = np.asarray(encoded).astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1)
    if encoded.name == "bits" and encoded.inner is None:
        lengths = np.where(lengths > 0, encoded.norms.astype(np.float64), 0)
    with np.errstate(all="ignore"):
        return np.clip(wide @ unit / lengths, -1, 1)


@every_codec
def test_it_reads_as_a_matrix(variant):
    matrix = vectors()
    encoded = made(variant, matrix)
    whole = np.asarray(encoded)
    assert whole.dtype == np.float32 and whole.shape == encoded.shape == matrix.shape
    assert (encoded.ndim, encoded.dtype, len(encoded)) == (2, np.float32, 500)
    assert encoded.norms.tolist() == pytest.approx(row_norms(matrix).tolist(), rel=1e-6)
    np.testing.assert_array_equal(encoded[7], whole[7])
    np.testing.assert_array_equal(encoded[-1], whole[-1])
    np.testing.assert_array_equal(encoded[np.int64(9)], whole[9])
    for rows in (slice(3, 90, 7), [5, 5, -2], np.array([8, 1], np.uint32), whole[:, 0] > 0, np.array([[1, 2], [3, 4]])):
        np.testing.assert_array_equal(encoded[rows], whole[rows])
    assert encoded[[]].shape == (0, 30) and encoded[10:10].shape == (0, 30)
    for wrong in (500, -501, [500], "3", 1.5, (1, 2), np.ones(7, bool), None):
        with pytest.raises(IndexError):
            encoded[wrong]
    assert np.array(encoded, np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="decoded"):
        encoded.__array__(copy=False)
    assert encoded.name in repr(encoded)
    encoded[0][0] = 9  # a copy
    np.testing.assert_array_equal(encoded[0], whole[0])


@every_codec
def test_zero_rows_stay_zero_and_are_never_found(variant):
    matrix = vectors()
    encoded = made(variant, matrix)
    assert not encoded[300:310].any()
    rows, scores = search.nearest(encoded, matrix[:3], 500, norms=encoded.norms)
    assert not set(range(300, 310)) & set(rows.ravel().tolist())
    assert (rows[:, 490:] == -1).all() and (scores[:, 490:] == -np.inf).all() and np.isfinite(scores[:, :400]).all()
    got = search.cosines(encoded, matrix[0], norms=encoded.norms)
    assert not got[300:310].any()


@every_codec
def test_norms_kept_aside(variant):
    """A search looks at the norms that it is given: a row without one is left out."""
    matrix = vectors()
    encoded = made(variant, matrix)
    norms = encoded.norms.copy()
    norms[0] = 0
    assert search.nearest(encoded, matrix[:1], 1, norms=norms)[0][0, 0] != 0


@every_codec
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_search_is_brute_force_over_what_it_scores(variant, workers):
    matrix = vectors(1)
    encoded = made(variant, matrix)
    if encoded.name == "bits" and encoded.inner is not None:
        encoded = made(variant, matrix, candidates=500)  # with fewer, it may miss some
    asked = np.concatenate([matrix[[3, 7]], vectors(2)[:15]])
    rows, scores = search.nearest(encoded, asked, 12, norms=encoded.norms, workers=workers)
    for query, found, cosines in zip(asked, rows, scores):
        true = scores_of(encoded, query)
        best = np.argsort(-np.where(np.isnan(true), -9, true), kind="stable")[:12]
        np.testing.assert_allclose(cosines, true[found], rtol=0, atol=2e-7)
        np.testing.assert_allclose(np.sort(cosines)[::-1], true[best], rtol=0, atol=2e-7)
        assert (np.diff(cosines) <= 0).all()
    duplicates = rows[0][np.isin(rows[0], [3, *range(100, 220)])].tolist()
    assert duplicates == sorted(duplicates)


@every_codec
def test_one_query_and_many_threads_agree_to_the_last_bit(variant):
    matrix = vectors(3, 3000)
    encoded = made(variant, matrix, candidates=60) if variant.startswith("bits") else made(variant, matrix)
    asked = vectors(4)[:40]
    exclude = [[i, 5, 100] for i in range(40)]
    together = search.nearest(encoded, asked, 10, norms=encoded.norms, workers=1, exclude=exclude)
    for workers in (2, 3):
        again = search.nearest(encoded, asked, 10, norms=encoded.norms, workers=workers, exclude=exclude)
        assert all((a == b).all() for a, b in zip(again, together))
    for i in range(0, 40, 7):
        alone = search.nearest(encoded, asked[i], 10, norms=encoded.norms, exclude=exclude[i : i + 1])
        assert (alone[0][0] == together[0][i]).all() and (alone[1][0] == together[1][i]).all()
        assert not set(exclude[i]) & set(alone[0][0].tolist())
    ranged, _ = search.nearest(encoded, asked[:2], 10, norms=encoded.norms, start=40, stop=90)
    assert ranged.min() >= 40 and ranged.max() < 90


@every_codec
def test_cosines_and_rows_closer(variant):
    matrix = vectors(5)
    encoded = made(variant, matrix)
    true = np.nan_to_num(scores_of(encoded, matrix[3]))
    got = search.cosines(encoded, matrix[3], norms=encoded.norms, start=2, stop=450)
    near = encoded.full.slack() if isinstance(encoded.full, codecs.Int8) else 2e-6
    np.testing.assert_allclose(got, true[2:450], rtol=0, atol=near)
    for threshold in (float(np.sort(true)[-200]) + 1e-5, 0.0):
        closer = search.rows_closer(encoded, matrix[3], threshold, norms=encoded.norms)
        unsure = np.abs(true - threshold) < 1e-6
        want = set(np.flatnonzero((true > threshold) & (encoded.norms > 0)).tolist())
        assert set(closer.tolist()) ^ want <= set(np.flatnonzero(unsure).tolist())


@every_codec
def test_files(variant):
    matrix = vectors(6)
    encoded = made(variant, matrix)
    again = reopened(encoded)
    assert again.config() == encoded.config()
    for name, array in encoded.tensors().items():
        assert again.tensors()[name].tobytes() == array.tobytes()
    np.testing.assert_array_equal(np.asarray(again), np.asarray(encoded))
    here, there = (search.nearest(e, matrix[:5], 6, norms=e.norms) for e in (encoded, again))
    assert (here[0] == there[0]).all() and (here[1] == there[1]).all()
    assert encoded.nbytes == sum(a.nbytes for a in encoded.tensors().values())


@every_codec
def test_hostile_files(variant):
    encoded = made(variant, vectors(7, 60))
    tensors, config, name = encoded.tensors(), encoded.config(), encoded.name
    for suffix, array in tensors.items():
        wrong = [array[:-1], array.astype(np.complex64), array[None], array[..., :0]]
        if suffix != ".rotation":
            wrong.append(None)
        for bad in wrong:
            damaged = {k: a for k, a in {**tensors, suffix: bad}.items() if a is not None}
            if suffix == "" and bad is wrong[0]:
                continue  # other tensors are then too long: seen below
            with pytest.raises(FormatError):
                open_rows(name, damaged, config)
    with pytest.raises(FormatError):
        open_rows(name, {**tensors, "": tensors[""][:-1]}, config)
    for key in config:
        for bad in (None, "x", -1, 2**70, 1.5, [], True):
            if key == "rescore" and bad is None:
                continue
            with pytest.raises(FormatError):
                open_rows(name, tensors, {**config, key: bad})
    with pytest.raises(FormatError, match=r"codec must be one of.*'zip'"):
        open_rows("zip", tensors, config)


def test_codes_beyond_the_centroids_decode_to_zeros():
    encoded = encode(vectors(8, 20), "pq", m=15)
    tensors = {**encoded.tensors(), "": np.full_like(encoded.codes, 255)}
    damaged = open_rows("pq", tensors, encoded.config())
    assert not np.asarray(damaged).any()
    rows, _ = search.nearest(damaged, vectors(8, 20)[:2], 3, norms=damaged.norms)
    assert rows.shape == (2, 3)


@every_codec
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_must_be_finite(variant, bad):
    matrix = vectors(rows=60)
    matrix[17, 3] = bad
    with pytest.raises(OptionError, match="row 17"):
        made(variant, matrix)


@every_codec
@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (3, 1), (1, 1), (9, 7), (4, 65)])
def test_small_and_odd_shapes(variant, shape):
    matrix = np.random.default_rng(shape[1]).standard_normal(shape).astype(np.float32)
    encoded = reopened(made(variant, matrix))
    assert encoded.shape == shape and np.asarray(encoded).shape == shape
    queries = matrix[:1] if len(matrix) else np.ones((1, shape[1]))
    rows, scores = search.nearest(encoded, queries, 2, norms=encoded.norms)
    assert rows.shape == (1, min(2, shape[0]))
    if len(matrix) and variant != "bits alone":
        assert rows[0, 0] == 0 or abs(scores[0, 0] - scores_of(encoded, queries[0])[0]) < 1e-6
    assert search.cosines(encoded, queries[0], norms=encoded.norms).shape == shape[:1]


@every_codec
def test_constant_tiny_and_huge_rows(variant):
    matrix = np.ones((70, 12), np.float32)
    encoded = made(variant, matrix)
    np.testing.assert_allclose(np.asarray(encoded), 1, rtol=2e-2)
    for scale in (1e-40, 1e-20, 1e3):
        matrix = vectors(9, 60, 12) * np.float32(scale)
        encoded = made(variant, matrix)
        assert np.isfinite(np.asarray(encoded)).all()
        if scale > 1e-9 or variant in ("bfloat16", "int8"):
            found = search.nearest(encoded, vectors(9, 60, 12)[:1], 1, norms=encoded.norms)[0]
            assert found[0, 0] == (-1 if scale < 1e-30 else 0)


@every_codec
def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(variant, monkeypatch):
    matrix = vectors(10, 4000)
    monkeypatch.setattr(rows_base, "_BLOCK_BYTES", 30 * 4 * 300)
    results = []
    for cores in (1, 2, 3):
        monkeypatch.setattr(base, "usable_cores", lambda cores=cores: cores)
        monkeypatch.setattr(codebooks, "usable_cores", lambda cores=cores: cores)
        results.append(made(variant, matrix))
    for other in results[1:]:
        for name, array in results[0].tensors().items():
            assert other.tensors()[name].tobytes() == array.tobytes(), name


@every_codec
def test_encoding_what_is_encoded(variant):
    encoded = made(variant, vectors(11))
    again = made(variant, encoded)
    np.testing.assert_array_equal(np.asarray(again) != 0, np.asarray(encoded) != 0)


def test_options_and_names():
    matrix = vectors(rows=20)
    with pytest.raises(OptionError, match=r"codec must be one of float16.*'f8'"):
        encode(matrix, "f8")
    with pytest.raises(OptionError, match=r"options of int8 must be among none; got 'm'"):
        encode(matrix, "int8", m=3)
    with pytest.raises(OptionError, match=r"options of pq must be among m, opq"):
        encode(matrix, "pq", parts=3)
    for m in (0, 31, "d/0", "d/31", "d/400", "half", 2.5, True):
        with pytest.raises(OptionError, match="m must be"):
            encode(matrix, "pq", m=m)
    for options in ({"rescore": "pq"}, {"candidates": 0}, {"candidates": 2.5}):
        with pytest.raises(OptionError, match=next(iter(options))):
            encode(matrix, "bits", **options)
    for wrong in (np.ones(3), np.ones((2, 0)), np.array([["a"]])):
        with pytest.raises(OptionError, match="matrix must be one of numbers"):
            encode(wrong, "int8")
    with pytest.raises(OptionError, match="norms must be one number for each of 20 rows"):
        encode(matrix, "int8", norms=np.ones(3, np.float32))
    with pytest.raises(OptionError, match="row 4"):
        encode(np.where(np.arange(20)[:, None] == 4, 70000, matrix), "float16")
    with pytest.raises(OptionError, match="counts"):
        encode(matrix, "pq", counts=[1, 2])
    assert list(CODECS) == ["float16", "bfloat16", "int8", "pq", "bits"] and codecs.Encoded in CODECS["pq"].__mro__


@pytest.mark.parametrize("level", LEVELS)
def test_halves_are_those_of_numpy(level):
    every = np.arange(1 << 16, dtype=np.uint16)
    wide = np.empty((1, 1 << 16), np.float32)
    kernel.widen(kernel.FLOAT16, every[None].view(np.uint8), base.NONE, wide, level)
    np.testing.assert_array_equal(wide[0], every.view(np.float16).astype(np.float32))
    kernel.widen(kernel.BFLOAT16, every[None].view(np.uint8), base.NONE, wide, level)
    np.testing.assert_array_equal(wide[0].view(np.uint32), every.astype(np.uint32) << 16)


def test_rounding_is_to_the_nearest():
    matrix = np.random.default_rng(0).standard_normal((200, 33)).astype(np.float32)
    for name, step in (("float16", 2.0**-11), ("bfloat16", 2.0**-8)):
        decoded = np.asarray(encode(matrix, name))
        assert (np.abs(decoded - matrix) <= step * np.abs(matrix)).all()
        assert (np.asarray(encode(decoded, name)) == decoded).all()
    ties = np.array([[1 + 2**-8, 1 + 3 * 2**-8, -(1 + 2**-8), 3.38e38]], np.float32)
    assert np.asarray(encode(ties, "bfloat16", norms=np.ones(1, np.float32)))[0, :3].tolist() == [1, 1 + 2**-6, -1]
    with pytest.raises(OptionError, match="row 0"):
        encode(np.array([[3.4e38]], np.float32), "bfloat16")
    assert np.asarray(encode(np.array([[65504.0]]), "float16"))[0, 0] == 65504


def test_int8_is_within_half_a_step_and_stable():
    matrix = vectors(12, 400, 33)
    matrix[5] *= 1e-37
    matrix[6] = 1e-44
    matrix[7] = np.linspace(-5e37, 5e37, 33)
    encoded = encode(matrix, "int8")
    decoded = np.asarray(encoded)
    assert (np.abs(decoded - matrix) <= encoded.scales[:, None] / 2 * (1 + 1e-6)).all()
    largest = np.abs(matrix).max(axis=1)
    good = largest > 1e-30
    np.testing.assert_allclose(encoded.scales[good], largest[good] / 127, rtol=2**-16)
    assert (np.abs(encoded.codes[good]).max(axis=1) == 127).all() and encode(np.zeros((1, 2)), "int8").scales[0] == 1
    again = encode(decoded, "int8")
    kept = np.arange(400) != 6
    assert (again.codes == encoded.codes)[kept].all() and (again.scales == encoded.scales)[kept].all()
    whole = np.array([[127, -5, 64, 0], [-127, 1, 2, 3]], np.float32)
    np.testing.assert_array_equal(np.asarray(encode(whole, "int8")), whole)


@pytest.mark.parametrize("variant", EXACT)
@pytest.mark.parametrize("dim", [1, 2, 7, 8, 15, 16, 31, 33, 64, 100, 300, 301])
def test_scans_are_decode_then_dot_on_every_machine(variant, dim):
    matrix = np.random.default_rng(dim).standard_normal((70, dim)).astype(np.float32)
    encoded = made(variant, matrix)
    query = np.random.default_rng(1).standard_normal((1, dim))
    unit = (query / np.linalg.norm(query)).astype(np.float32)
    queries, numbers = encoded._prepare(unit)
    true = scores_of(encoded, query[0])
    for level in LEVELS:
        out = np.full(70, 9, np.float32)
        kernel.estimate(
            encoded.scan, encoded._bytes, encoded._factors, queries[0], numbers[0], encoded._size, 0, 0, out, level
        )
        np.testing.assert_allclose(out, true, rtol=0, atol=encoded.slack() + 1e-7)
        np.testing.assert_allclose(out, true, rtol=0, atol=2e-4)


@pytest.mark.parametrize("dim", [1, 7, 8, 63, 64, 65, 300, 512, 513, 1100])
def test_bit_scans_are_those_of_a_rounded_query_on_every_machine(dim):
    matrix = np.random.default_rng(dim).standard_normal((70, dim)).astype(np.float32)
    matrix[11] = 0
    encoded = encode(matrix, "bits", rescore=None)
    query = np.random.default_rng(1).standard_normal(dim)
    unit = (query / np.linalg.norm(query)).astype(np.float32)
    queries, numbers = encoded._prepare(unit[None])
    turned = encoded.rotation.astype(np.float64) @ unit
    step = np.abs(turned).max() / 16
    odd = np.clip(2 * np.floor(turned / (2 * step)) + 1, -15, 15)
    rounded = odd * (turned @ odd) / (odd @ odd)
    signs = encoded._signs(encoded.codes).astype(np.float64)
    with np.errstate(all="ignore"):
        twin = encoded.mean @ unit + signs @ rounded / dim**0.5 / encoded._factors
    twin[11] = np.nan
    for level in LEVELS:
        out = np.empty(70, np.float32)
        arrays = (encoded._bytes, encoded._factors, queries[0], numbers[0])
        kernel.estimate(kernel.BITS, *arrays, encoded._size, encoded._planes, 0, out, level)
        np.testing.assert_allclose(out, twin, rtol=1e-4, atol=1e-4)


def test_estimates_of_bits_are_unbiased():
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((5000, 96)).astype(np.float32) + np.float32(0.4)
    other = matrix[rng.permutation(5000)] + matrix  # pairs that have something in common
    for center in (True, False):
        encoded = encode(matrix, "bits", rescore=None, center=center)
        errors = []
        for row, query in enumerate(other):
            if row % 5 == 0:
                unit = query.astype(np.float64) / np.linalg.norm(query)
                errors.append(encoded.cosines(np.array([row]), unit)[0] - matrix[row] @ unit / encoded.norms[row])
        assert abs(np.mean(errors)) < 3 * np.std(errors) / len(errors) ** 0.5
        assert np.std(errors) < 0.75 / 96**0.5
    unit = other[0] / np.linalg.norm(other[0])
    product = encoded[np.arange(50)].astype(np.float64) @ unit
    np.testing.assert_allclose(
        product / encoded.norms[:50], encoded.cosines(np.arange(50), unit.astype(float)), atol=1e-5
    )


@pytest.mark.parametrize(
    ("variant", "least"),
    [("float16", 0.999), ("bfloat16", 0.98), ("int8", 0.97), ("pq opq", 0.75), ("bits", 0.9), ("bits alone", 0.3)],
)
def test_neighbours_are_kept(variant, least):
    rng = np.random.default_rng(20)
    latent = rng.standard_normal((6000, 40)) @ rng.standard_normal((40, 100))
    matrix = (latent + rng.standard_normal((6000, 100)) + 2).astype(np.float32)
    norms, asked = row_norms(matrix), matrix[:100]
    true, found = (
        search.nearest(m, asked, 11, norms=norms)[0][:, 1:] for m in (matrix, made(variant, matrix, norms=norms))
    )
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(true.tolist(), found.tolist())]) >= least


def distortion(encoded, matrix):
    return float(np.square(np.asarray(encoded) - matrix).sum() / np.square(matrix).sum())


def test_more_parts_lose_less():
    matrix = vectors(13, 1500, 24)
    lost = [distortion(encode(matrix, "pq", m=m), matrix) for m in (2, 6, 12, 24)]
    assert lost == sorted(lost, reverse=True) and lost[-1] < 1e-4


def test_few_distinct_parts_lose_nothing():
    rng = np.random.default_rng(14)
    kinds = rng.integers(-3, 4, (200, 4)).astype(np.float32)
    matrix = np.concatenate([kinds[rng.integers(0, 200, 900)] for _ in range(3)], axis=1)
    scale = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix = matrix[scale[:, 0] > 0]
    norms = np.ones(len(matrix), np.float32)  # rows as they are: at length 1 there would be more kinds of parts
    rows = np.ascontiguousarray(matrix)
    books = codebooks.train(rows, 3, 4, seed=0)
    assert (codebooks.decode(codebooks.nearest(rows, books).T, books, 12) == rows).all() and norms.all()
    few = np.repeat(vectors(15, 250, 8), 4, axis=0)
    encoded = encode(few, "pq", m=2)
    np.testing.assert_allclose(np.asarray(encoded), few, rtol=1e-5, atol=1e-6)


def test_encoding_decoded_rows_gives_their_codes():
    matrix = vectors(16)
    for options in ({"m": 10}, {"m": 7}):
        encoded = encode(matrix, "pq", **options)
        again = encode(np.asarray(encoded), "pq", norms=encoded.norms, like=encoded)
        assert (again.codes == encoded.codes).all()
    more = encode(vectors(17, 30), "pq", like=encoded)
    assert more.codebook is encoded.codebook and distortion(more, vectors(17, 30)) < 1
    with pytest.raises(OptionError, match="like must have rows of 4"):
        encode(matrix[:, :4], "pq", like=encoded)


def test_a_rotation_helps_where_dimensions_differ():
    rng = np.random.default_rng(18)
    matrix = (rng.standard_normal((2000, 16)) * 0.7 ** np.arange(16)) @ random_rotation(16, 1)
    matrix = matrix.astype(np.float32)
    plain, turned = (distortion(encode(matrix, "pq", m=4, opq=opq), matrix) for opq in (False, True))
    assert turned <= 1.01 * plain
    rotation = encode(matrix, "pq", m=4, opq=True).rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(16), atol=1e-5)


def test_samples_follow_square_roots_of_counts():
    matrix = np.ones((1 << 17, 1), np.float32)
    counts = np.where(np.arange(1 << 17) < 1 << 16, 10_000, 1)
    matrix[: 1 << 16] = -1
    rows = codebooks.sample(matrix, row_norms(matrix), counts, 0)
    assert len(rows) == 1 << 16 and (rows < 0).mean() > 0.9
    assert (codebooks.sample(matrix, row_norms(matrix), None, 0) < 0).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 70])
@pytest.mark.parametrize("count", [1, 31, 64, 101])
def test_nearest_centroids_on_every_machine(size, count):
    rng = np.random.default_rng(size)
    points = rng.standard_normal((2 * size, count)).astype(np.float32)
    books = rng.standard_normal((2, 19, size)).astype(np.float32)
    books[:, 7] = books[:, 4]  # the first of equal ones
    far = np.square(points.reshape(2, size, 1, count) - books.transpose(0, 2, 1)[..., None].astype(float)).sum(1)
    for level in (0, 1, 2):
        labels = np.empty((2, count), np.uint8)
        kmeans.nearest(points, books, labels, np.empty(count, np.float32), level)
        assert (labels == far.argmin(axis=1)).all()


def test_principal_axes():
    rng = np.random.default_rng(19)
    matrix = (rng.standard_normal((800, 20)) * np.linspace(3, 0.1, 20) + 0.5).astype(np.float32)
    matrix = matrix @ random_rotation(20, 0)
    rotation = pca_rotation(matrix)
    assert rotation.shape == (20, 20) and rotation.dtype == np.float32
    turned = matrix @ rotation.T
    unit, turned_unit = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (matrix, turned))
    np.testing.assert_allclose(unit[:50] @ unit.T, turned_unit[:50] @ turned_unit.T, atol=1e-5)
    values = np.linalg.eigvalsh(matrix.T.astype(np.float64) @ matrix)[::-1]
    for prefix in (1, 5, 19):
        rebuilt = turned[:, :prefix].astype(np.float64) @ rotation[:prefix]
        assert np.square(matrix - rebuilt).sum() == pytest.approx(values[prefix:].sum(), rel=1e-3)
    counts = rng.integers(1, 9, 800)
    repeated = pca_rotation(np.repeat(matrix, counts, axis=0))
    np.testing.assert_allclose(pca_rotation(matrix, counts=counts), repeated, atol=1e-4)
    norms = row_norms(matrix)
    np.testing.assert_allclose(pca_rotation(matrix, norms), pca_rotation(unit), atol=1e-3)
    with pytest.raises(OptionError, match="counts"):
        pca_rotation(matrix, counts=[1])


def test_axes_are_shared_out_evenly():
    values = 2.0 ** -np.arange(12)
    order = balanced(values, 3)
    assert sorted(order.tolist()) == list(range(12))
    products = values[order].reshape(4, 3).prod(axis=1)
    assert products.max() / products.min() <= 8 < values[:3].prod() / values[9:].prod()
    assert sorted(balanced(np.zeros(5), 2).tolist()) == list(range(5))


def test_doctests():
    import doctest

    for module in (codecs, base, codecs.half, codecs.int8, codecs.pq, codecs.bits, codecs.rotation):
        assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
