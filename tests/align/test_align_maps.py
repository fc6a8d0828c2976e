"""Maps find what was planted, agree with the formulas of their papers, and say what is wrong with pairs."""

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import ortho_group

import wordvec
from wordvec import KeyedVectors, OptionError
from wordvec.align import CCA, METHODS, RCSLS, Linear, Map, MultiStep, Normalizer, Orthogonal, fit_map
from wordvec.align.maps.rcsls import rcsls_loss
from wordvec.base.errors import FormatError

every_method = pytest.mark.parametrize("method", [kind() for kind in METHODS.values()], ids=METHODS)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def rotation(dim, seed=0):
    return ortho_group.rvs(dim, random_state=seed)


def units(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def root_inverse(matrix):
    values, axes = np.linalg.eigh(matrix)
    return axes / np.sqrt(values) @ axes.T


# What is planted is found


def test_a_planted_rotation_is_recovered(rng):
    turn, x = rotation(50), rng.standard_normal((1000, 50))
    found = Orthogonal().fit(x, x @ turn)
    assert np.abs(found.matrix - turn).max() < 1e-5
    back = found.inverse(found.transform(x[:9]))
    assert np.abs(back - x[:9]).max() < 1e-5


def test_scale_is_recovered_with_the_rotation(rng):
    turn, x = rotation(20), rng.standard_normal((200, 20))
    found = Orthogonal(scale=True).fit(x, 3 * x @ turn)
    assert np.abs(found.matrix - 3 * turn).max() < 1e-5 and found.facts["scale"] == pytest.approx(3)
    assert np.abs(found.inverse(found.transform(x)) - x).max() < 1e-5


def test_a_reflection_is_kept_unless_a_rotation_is_asked_for(rng):
    mirror, x = rotation(8), rng.standard_normal((100, 8))
    mirror[:, 0] *= -np.sign(np.linalg.det(mirror))
    assert np.abs(Orthogonal().fit(x, x @ mirror).matrix - mirror).max() < 1e-5
    turn = Orthogonal(rotation=True).fit(x, x @ mirror).matrix
    assert np.linalg.det(turn) == pytest.approx(1, abs=1e-5)
    y = x @ mirror
    others = (rotation(8, seed) for seed in range(200))
    least = min(np.linalg.norm(x @ other - y) for other in others if np.linalg.det(other) > 0)
    assert np.linalg.norm(x @ turn - y) < least


@pytest.mark.parametrize(("source", "target"), [(12, 20), (20, 12)])
def test_sides_of_different_size_get_orthonormal_rows_or_columns(rng, source, target):
    x = rng.standard_normal((300, source))
    plant = rotation(20)[:source, :target]
    found = Orthogonal().fit(x, x @ plant)
    least = found.matrix @ found.matrix.T if source < target else found.matrix.T @ found.matrix
    assert np.abs(least - np.eye(12)).max() < 1e-5
    if source < target:
        assert np.abs(found.matrix - plant).max() < 1e-5
        assert np.abs(found.inverse(found.transform(x)) - x).max() < 1e-5
    else:
        with pytest.raises(OptionError, match="from 20 numbers to 12"):
            found.inverse(found.transform(x))


def test_a_translated_space_is_found_by_normalising(rng):
    words, turn = [f"w{i}" for i in range(400)], rotation(20)
    rows = units(rng.standard_normal((400, 20))) + 0.5
    source, target = KeyedVectors(words, rows), KeyedVectors(words, 2 * (rows - 0.5) @ turn)
    pairs = [(word, word) for word in words[:200]]
    plain = fit_map(source, target, pairs, normalize="none").aligned(source, target)
    centred = fit_map(source, target, pairs, normalize="center,unit").aligned(source, target)
    known = [(word, word) for word in words[200:]]
    assert centred.evaluate(known).known.p1 == 1
    assert plain.evaluate(known, method="nn").known.p1 < 1


@every_method
def test_noise_leaves_most_translations_right(rng, method):
    x = units(rng.standard_normal((900, 30)))
    y = x @ rotation(30) + 0.05 * rng.standard_normal((900, 30)) / np.sqrt(30)
    words = [f"w{i}" for i in range(900)]
    source, target = KeyedVectors(words, x), KeyedVectors(words, y)
    pairs = [(word, word) for word in words[:450]]
    aligned = fit_map(source, target, pairs, method).aligned(source, target)
    assert aligned.evaluate([(word, word) for word in words[450:]], method="nn").known.p1 > 0.98


# Equality with the formulas, in float64


def test_orthogonal_is_the_least_of_the_weighted_distance(rng):
    x, y, w = rng.standard_normal((40, 6)), rng.standard_normal((40, 6)), rng.uniform(0, 3, 40)
    u, _, v = np.linalg.svd((x * w[:, None]).T @ y)
    assert np.abs(Orthogonal().fit(x, y, w).matrix - u @ v).max() < 1e-5
    twice = Orthogonal().fit(np.concatenate([x, x[:7]]), np.concatenate([y, y[:7]])).matrix
    heavy = Orthogonal().fit(x, y, np.where(np.arange(40) < 7, 2, 1)).matrix
    assert np.abs(twice - heavy).max() < 1e-5


@pytest.mark.parametrize("ridge", [0.0, 0.3, 50.0])
def test_linear_is_ridge_regression(rng, ridge):
    x, y, w = rng.standard_normal((60, 7)), rng.standard_normal((60, 9)), rng.uniform(0.1, 3, 60)
    w /= w.mean()
    direct = np.linalg.solve(x.T @ (w[:, None] * x) + ridge * np.eye(7), x.T @ (w[:, None] * y))
    assert np.abs(Linear(ridge=ridge).fit(x, y, w).matrix - direct).max() < 1e-5


def test_linear_without_ridge_is_the_least_squares_of_least_length_where_pairs_are_few(rng):
    x, y = rng.standard_normal((5, 9)), rng.standard_normal((5, 4))
    with pytest.warns(UserWarning, match="5 pairs are fewer than the"):
        Orthogonal().fit(x, rng.standard_normal((5, 9)))
    found = Linear(ridge=0).fit(x, y)
    assert np.abs(found.matrix - np.linalg.lstsq(x, y)[0]).max() < 1e-5


def test_cross_validation_is_its_formula_and_finds_a_good_ridge(rng):
    x = rng.standard_normal((80, 40)) * np.geomspace(1, 0.01, 40)
    truth = rng.standard_normal((40, 10))
    y = x @ truth + rng.standard_normal((80, 10))
    chosen = Linear().fit(x, y).facts["ridge"]

    def score(ridge):
        hat = x @ np.linalg.solve(x.T @ x + ridge * np.eye(40), x.T)
        return 80 * np.square(y - hat @ y).sum() / (80 - np.trace(hat)) ** 2

    grid = np.linalg.norm(x, 2) ** 2 * np.logspace(-12, 3, 61)
    assert chosen == pytest.approx(grid[np.argmin([score(ridge) for ridge in grid])])
    fresh = rng.standard_normal((4000, 40)) * np.geomspace(1, 0.01, 40)
    errors = [np.linalg.norm(fresh @ (Linear(ridge=ridge).fit(x, y).matrix - truth)) for ridge in (*grid, chosen)]
    assert errors[-1] < 1.1 * min(errors)


def test_cca_is_its_formula_and_gives_the_canonical_correlations(rng):
    hidden = rng.standard_normal((500, 3))
    x = hidden @ rng.standard_normal((3, 3)) + 0.5 * rng.standard_normal((500, 3))
    y = hidden @ rng.standard_normal((3, 4)) + 0.5 * rng.standard_normal((500, 4))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    found = CCA(reg=0, dim=3).fit(x, y)
    assert CCA(reg=0).fit(x, y).transform(x).shape == (500, 1)  # half of the dimensions
    a, b = root_inverse(x.T @ x / 500), root_inverse(y.T @ y / 500)
    u, s, _ = np.linalg.svd(a @ (x.T @ y / 500) @ b, full_matrices=False)
    assert np.allclose(found.facts["correlations"], s, atol=1e-9)
    assert np.abs(np.abs(found.matrix) - np.abs(a @ u)).max() < 1e-5
    left, right = found.transform(x), found.transform_target(y)
    assert np.allclose([np.corrcoef(left[:, i], right[:, i])[0, 1] for i in range(3)], s, atol=1e-5)
    assert np.abs(left.T @ left / 500 - np.eye(3)).max() < 1e-4
    assert CCA(dim=2).fit(x, y).transform(x).shape == (500, 2)
    with pytest.raises(OptionError, match="dim must be at most the 3"):
        CCA(dim=4).fit(x, y)


def test_multistep_is_its_formula(rng):
    x, z = rng.standard_normal((200, 6)) * np.arange(1, 7), rng.standard_normal((200, 6)) * np.arange(6, 0, -1)
    z = z + x @ rng.standard_normal((6, 6))
    a, b = root_inverse(x.T @ x), root_inverse(z.T @ z)
    u, s, v = np.linalg.svd((x @ a).T @ (z @ b))
    left = a @ u * s**0.5 @ (u.T @ np.linalg.inv(a) @ u)
    right = b @ v.T * s**0.5 @ (v @ np.linalg.inv(b) @ v.T)
    found = MultiStep(reg=0).fit(x, z)
    expected = (x @ left) @ (z @ right).T
    assert np.abs(found.transform(x) @ found.transform_target(z).T - expected).max() < 1e-5 * np.abs(expected).max()
    short = MultiStep(reg=0, dim=4).fit(x, z)
    assert np.abs(short.transform(x) - found.transform(x)[:, :4]).max() < 1e-5


def test_multistep_without_whitening_and_weights_is_the_rotation(rng):
    x, z = rng.standard_normal((100, 8)), rng.standard_normal((100, 8))
    found, turn = MultiStep(whiten=False, reweight=0).fit(x, z), Orthogonal().fit(x, z).matrix
    assert np.abs(found.transform(x) @ found.transform_target(z).T - x @ turn @ z.T).max() < 1e-4
    undone = MultiStep(reweight=0, reg=0).fit(x, z)
    assert np.allclose(np.linalg.eigvalsh(np.cov(undone.transform(x).T)), np.linalg.eigvalsh(np.cov(x.T)), atol=1e-5)


def test_rcsls_has_the_gradient_of_its_loss(rng):
    x, y, matrix = (units(rng.standard_normal((n, 5))) for n in (30, 30, 5))
    spaces = [units(rng.standard_normal((80, 5))).astype("f4") for _ in range(2)]
    w = rng.uniform(0.5, 1.5, 30)

    def brute(matrix):
        near_y = np.sort(x @ matrix @ spaces[1].T.astype(float), axis=1)[:, -4:].mean(axis=1)
        near_x = np.sort(y @ (spaces[0].astype(float) @ matrix).T, axis=1)[:, -4:].mean(axis=1)
        return (w * (-2 * (x @ matrix * y).sum(axis=1) + near_y + near_x)).mean()

    loss, gradient = rcsls_loss(matrix, x, y, w, *spaces, 4)
    assert loss == pytest.approx(brute(matrix), abs=1e-6)
    step = 1e-6
    for i in range(5):
        for j in range(5):
            moved = np.zeros((5, 5))
            moved[i, j] = step
            slope = (brute(matrix + moved) - brute(matrix - moved)) / (2 * step)
            assert gradient[i, j] == pytest.approx(slope, abs=1e-5)


@pytest.mark.parametrize("spectral", [False, True])
def test_rcsls_never_raises_its_loss(rng, spectral):
    x = units(rng.standard_normal((300, 10)))
    y = units(x @ rotation(10) + 0.3 * rng.standard_normal((300, 10)))
    found = RCSLS(epochs=20, alpha=1000.0, spectral=spectral).fit(x, y)
    loss = found.facts["loss"]
    assert len(loss) > 2 and all(after <= before for before, after in pairwise(loss))
    assert found.facts["alpha"] < 1000
    if spectral:
        assert np.linalg.norm(found.matrix, 2) < 1 + 1e-6


# Normalising


def test_iterative_normalisation_gives_both_length_and_mean(rng):
    rows = (rng.standard_normal((500, 12)) * np.arange(1, 13) + 4).astype("f4")
    done = Normalizer("iter:8").fit(rows).apply(rows)
    assert np.abs(done.mean(axis=0)).max() < 1e-3 and np.allclose(np.linalg.norm(done, axis=1), 1, atol=1e-6)
    once = units(rows.astype(float))
    once = units(once - once.mean(axis=0))
    assert np.abs(Normalizer().fit(rows).apply(rows) - once).max() < 1e-6
    assert Normalizer("none").fit(rows) is None


def test_means_are_those_of_the_first_rows_and_serve_new_words(rng):
    rows = rng.standard_normal((50, 4)).astype("f4") + 1
    fitted = Normalizer("center", limit=20).fit(rows)
    assert np.abs(fitted.apply(rows[30:]) - (rows[30:] - rows[:20].mean(axis=0))).max() < 1e-6


@pytest.mark.parametrize("steps", ["", "units", "unit,,center", "iter:0", "iter:99", "iter", 3])
def test_unknown_normalisations_are_refused(steps):
    with pytest.raises(OptionError, match="normalize must be"):
        Normalizer(steps)


# Vectors with words, and files


@pytest.fixture
def planted(rng):
    words, turn = [f"w{i}" for i in range(300)], rotation(16)
    rows = rng.standard_normal((300, 16))
    target = KeyedVectors([word.upper() for word in words], rows @ turn)
    return KeyedVectors(words, rows, counts=np.arange(300, 0, -1)), target, list(zip(words, words))


@every_method
def test_a_map_survives_its_file(planted, method, in_folder):
    source, target, pairs = planted
    made = fit_map(source, target, pairs[:100], method)
    made.save("map.safetensors")
    loaded = Map.load("map.safetensors")
    assert np.array_equal(loaded.apply(source).vectors, made.apply(source).vectors)
    assert np.array_equal(loaded.apply_target(target).vectors, made.apply_target(target).vectors)
    assert loaded.facts == json.loads(json.dumps(made.facts)) and loaded.facts["coverage"]["used"] == 100
    with pytest.raises(FormatError, match="holds a map from one space to another"):
        wordvec.load("map.safetensors")


def test_mapped_vectors_record_it_and_are_saved(planted, in_folder):
    source, target, pairs = planted
    made = fit_map(source, target, pairs, normalize="unit")
    moved = made.apply(source)
    moved.save("moved.safetensors")
    again = wordvec.load("moved.safetensors")
    assert again.metadata["alignment"]["method"] == "orthogonal" and again.metadata["alignment"]["side"] == "source"
    assert np.allclose(again.apply_transforms(np.asarray(source.vectors)), again.vectors, atol=1e-6)
    assert again.get_vecattr("w0", "count") == 300
    assert made.keeps_target and not fit_map(source, target, pairs).keeps_target


def test_cosines_of_the_source_stay_under_a_rotation(planted):
    source, target, pairs = planted
    moved = fit_map(source, target, pairs, normalize="none").apply(source)
    some = [("w0", "w9"), ("w5", "w200")]
    assert np.allclose([moved.similarity(*pair) for pair in some], [source.similarity(*p) for p in some], atol=1e-6)
    assert fit_map(source, target, pairs, normalize="none").apply_target(target) is target


def test_words_with_several_translations_weigh_as_much_as_others(planted):
    source, target, _ = planted
    x, y = np.asarray(source.vectors), np.asarray(target.vectors)
    pairs = [("w0", "w1"), ("w0", "w2"), ("w0", "w0"), *((f"w{i}", f"w{i}") for i in range(3, 40))]
    found = fit_map(source, target, pairs, normalize="none")
    rows = np.array([[int(a[1:]), int(b[1:])] for a, b in pairs])
    weights = np.where(rows[:, 0] == 0, 1 / 3, 1)
    direct = Orthogonal().fit(x[rows[:, 0]], y[rows[:, 1]], weights)
    assert np.abs(found.matrix - direct.matrix).max() < 1e-6 and found.facts["coverage"]["several"] == 1


def test_a_file_that_is_no_map_or_damaged_is_refused(planted, in_folder):
    source, target, pairs = planted
    source.save("vectors.safetensors")
    with pytest.raises(FormatError, match="must hold a map from one space to another"):
        Map.load("vectors.safetensors")
    fit_map(source, target, pairs).save("map.safetensors")
    data = (in_folder / "map.safetensors").read_bytes()
    for damaged in (data[:500], data[:-7], data.replace(b"multiply", b"multiple"), data.replace(b"facts", b"fakts")):
        (in_folder / "damaged.safetensors").write_bytes(damaged)
        with pytest.raises(FormatError, match=r"damaged\.safetensors"):
            Map.load("damaged.safetensors")


# Bad input


@every_method
def test_zero_and_infinite_rows_are_left_out_and_counted(rng, method):
    x, y = rng.standard_normal((60, 5)), rng.standard_normal((60, 5))
    direct = method.fit(x[3:], y[3:])
    x[0], y[1], y[2, 3] = 0, 0, np.nan
    found = method.fit(x, y)
    assert found.facts["dropped"] == 3 and np.abs(found.matrix - direct.matrix).max() < 1e-6


@every_method
def test_constant_columns_do_no_harm(rng, method):
    x, y = rng.standard_normal((60, 5)), rng.standard_normal((60, 5))
    x[:, 2] = 0
    y[:, 1] = 3
    assert np.isfinite(method.fit(x, y).matrix).all()


def test_whitening_says_where_pairs_do_not_span_the_space(rng):
    x, y = rng.standard_normal((4, 9)), rng.standard_normal((4, 9))
    for method in (CCA(reg=0), MultiStep(reg=0)):
        with (
            pytest.warns(UserWarning, match="4 pairs are fewer"),
            pytest.raises(OptionError, match="is singular: give"),
        ):
            method.fit(x, y)
    for method in (CCA(), MultiStep(), RCSLS(), Linear()):
        with pytest.warns(UserWarning, match="4 pairs are fewer"):
            assert np.isfinite(method.fit(x, y).matrix).all()


@pytest.mark.parametrize(
    ("source", "target", "weights", "message"),
    [
        (np.ones((3, 2)), np.ones((4, 2)), None, "a row for each pair"),
        (np.ones(3), np.ones((3, 2)), None, "must be matrices"),
        (np.ones((3, 2)), np.ones((3, 2)), [1, 2], "one number >= 0 for each of 3 pairs"),
        (np.ones((3, 2)), np.ones((3, 2)), [1, 2, -1], "one number >= 0 for each of 3 pairs"),
        (np.zeros((3, 2)), np.ones((3, 2)), None, "none of 3 pairs is"),
        (np.ones((3, 2)), np.ones((3, 2)), [0, 0, 0], "none of 3 pairs is"),
        (np.empty((0, 2)), np.empty((0, 2)), None, "none of 0 pairs is"),
    ],
)
def test_arrays_that_are_no_pairs_are_refused(source, target, weights, message):
    with pytest.raises(OptionError, match=message):
        Orthogonal().fit(source, target, weights)


def test_what_a_map_cannot_do_is_said(planted, rng):
    source, target, pairs = planted
    other = KeyedVectors(["a", "b"], [[1, 2], [3, 4]])
    made = fit_map(source, target, pairs)
    with pytest.raises(OptionError, match="must have 16 numbers, as the source"):
        made.apply(other)
    with pytest.raises(OptionError, match="of 2 pairs in pairs, 1 of 2 source words and 2 of 2 target words"):
        fit_map(source, target, [("w1", "x"), ("z", "y")])
    with pytest.raises(OptionError, match="1 of 1 source words"):
        fit_map(source, target, [("W1", "w1")], case_insensitive=False)
    with pytest.raises(OptionError, match="method must be one of orthogonal, linear"):
        fit_map(source, target, pairs, "procrustes")
    with pytest.raises(OptionError, match="ridge must be an option of orthogonal, which has scale, rotation"):
        fit_map(source, target, pairs, ridge=3)
    with pytest.raises(OptionError, match="needs as many numbers on both sides"):
        Orthogonal(rotation=True).fit(rng.standard_normal((9, 3)), rng.standard_normal((9, 2)))
    flat = Linear(ridge=0).fit(rng.standard_normal((9, 2)) @ [[1, 1], [1, 1]], rng.standard_normal((9, 2)))
    with pytest.raises(OptionError, match="must keep every direction to be inverted"):
        flat.inverse([[1, 2]])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Linear(ridge=-1),
        lambda: Linear(ridge="best"),
        lambda: CCA(dim=0),
        lambda: CCA(reg=-1),
        lambda: MultiStep(reweight=float("nan")),
        lambda: RCSLS(epochs=0),
        lambda: RCSLS(alpha=0),
        lambda: RCSLS(k=True),
    ],
)
def test_options_have_bounds(make):
    with pytest.raises(OptionError, match="must be"):
        make()
