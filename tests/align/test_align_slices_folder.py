"""The folder of slices: what is saved is loaded, whole or not at all; odd names, plain files and damage."""

import json
import os
import warnings

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.align import Slices, train_compass
from wordvec.align.temporal.folder import FILE, file_names, natural
from wordvec.base.errors import FormatError, OptionError, OutputError
from wordvec.evaluate.suite import Model

ODD = ["1970 s", "a/b", "..", ".", "compass", "Ж", "ж", "50%", "", "x" * 300, "a\\b\0", "x" * 301, "~2", "slice\udcff"]
PAST, NOW = [["cold", "cell", "wall"]] * 40, [["cell", "phone", "call"], ["cold", "wall", "call"]] * 40


def toy(seed=0):
    rows = np.random.default_rng(seed).standard_normal((4, 3))
    return KeyedVectors(["cell", "wall", "phone", "日本"], rows, counts=[9, 5, 3, 2])


@pytest.fixture
def folder(tmp_path):
    """A folder of two trained slices with their compass."""
    slices = train_compass({"1970": PAST, "2020": NOW}, vector_size=8, min_count=1, workers=1, seeds=2)
    slices.save(tmp_path / "slices")
    return tmp_path / "slices"


def test_what_is_saved_is_loaded_by_a_map(tmp_path):
    made = train_compass({"2020": NOW, "1970": PAST}, vector_size=8, min_count=1, workers=1, seeds=2)
    made.save(tmp_path / "slices")
    found = Slices.load(tmp_path / "slices")
    assert list(found.slices) == ["2020", "1970"]  # their order, not that of the names
    assert found.metadata == made.metadata and found.metadata["trainer"] == "skipgram"
    assert found.metadata["options"]["vector_size"] == 8 and found.metadata["options"]["start"] == "random"
    pairs = [(made.compass, found.compass), *((made[name], found[name]) for name in made.slices)]
    pairs += [(made.repeats[0][name], found.repeats[0][name]) for name in made.slices]
    for one, other in pairs:
        assert list(one) == list(other) and one.vectors.tobytes() == other.vectors.tobytes()
        assert other._stored.map is not None
    assert made.repeats[0]["1970"].vectors.tobytes() != made["1970"].vectors.tobytes()
    assert found.compass.context.tobytes() == made.compass.context.tobytes()
    assert found.drift("1970", "2020") == made.drift("1970", "2020")
    assert Slices.load(tmp_path / "slices", mmap=False)["1970"]._stored.map is None


def test_any_name_is_kept_and_safe(tmp_path):
    made = Slices({name: toy(place) for place, name in enumerate(ODD)})
    made.save(tmp_path / "slices")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slices"]
    files = sorted(path.name for path in (tmp_path / "slices").iterdir())
    assert files == sorted([*file_names(ODD), FILE])
    assert len({file.casefold() for file in files}) == len(ODD) + 1
    assert all(file.isascii() and len(file) < 140 and not file.startswith(".") for file in files)
    found = Slices.load(tmp_path / "slices")
    assert list(found.slices) == ODD and found.compass is None
    assert all(found[name].vectors.tobytes() == made[name].vectors.tobytes() for name in ODD)


def test_a_folder_is_replaced_on_demand_and_only_ours(folder, tmp_path):
    other = Slices({"one": toy()})
    with pytest.raises(OutputError, match="exists"):
        other.save(folder)
    assert list(Slices.load(folder).slices) == ["1970", "2020"]
    other.save(folder, force=True)
    assert list(Slices.load(folder).slices) == ["one"]
    assert sorted(os.listdir(folder)) == ["one.safetensors", FILE]
    (tmp_path / "empty").mkdir()
    other.save(tmp_path / "empty")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="other things"):
        other.save(tmp_path / "mine", force=True)
    with pytest.raises(OutputError, match="No such file"):
        other.save(tmp_path / "none" / "slices")
    with pytest.raises(FileNotFoundError, match="slices must be a folder"):
        Slices.load(tmp_path / "none")


def test_a_write_that_fails_leaves_the_old_folder(folder, monkeypatch):
    from wordvec.align.temporal import folder as module

    written = module.write_native
    calls = []

    def fails(vectors, path):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", path)
        written(vectors, path)

    monkeypatch.setattr(module, "write_native", fails)
    with pytest.raises(OSError, match="No space"):
        Slices({"a": toy(), "b": toy(1)}).save(folder, force=True)
    assert list(Slices.load(folder).slices) == ["1970", "2020"] and len(list(folder.parent.iterdir())) == 1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "1970.safetensors").unlink(), r"1970\.safetensors.*it is missing"),
        (lambda folder: (folder / "compass.safetensors").unlink(), r"compass\.safetensors.*it is missing"),
        (lambda folder: os.truncate(folder / "2020.safetensors", 3000), r"2020\.safetensors"),
        (lambda folder: os.replace(folder / "1970.safetensors", folder / "2020.safetensors"), "missing|another"),
        (lambda folder: toy().save(folder / "2020.safetensors"), "it is another: copy the whole"),
        (lambda folder: (folder / FILE).write_text("{"), "damaged or another file"),
        (lambda folder: (folder / FILE).write_text("[" * 100_000), "damaged or another file"),
        (lambda folder: edit(folder, version=2), "the version must be 1; it is 2: update wordvec"),
        (lambda folder: edit(folder, compass=None), "was changed or is damaged"),
        (lambda folder: edit(folder, True, slices=[]), "name slices by files of its folder"),
        (lambda folder: edit(folder, True, slices=[entry("../a.safetensors")]), "name slices by files"),
        (lambda folder: edit(folder, True, slices=[entry("/etc/passwd")]), "name slices by files"),
        (lambda folder: edit(folder, True, slices=[entry("1970.safetensors")] * 2), "name slices by files"),
        (lambda folder: edit(folder, True, slices=[{"name": ["a"]}]), "name slices by files"),
        (lambda folder: edit(folder, True, repeats=["../.."]), "name slices by files"),
        (lambda folder: edit(folder, True, repeats=[7]), "name slices by files"),
    ],
)
def test_damage_is_refused(folder, damage, message):
    damage(folder)
    with pytest.raises(FormatError, match=message):
        Slices.load(folder)


def entry(file):
    return {"name": "a", "file": file, "checksum": "0"}


def edit(folder, sealed=False, **changes):
    """Change the JSON file, with `sealed` in a way that its checksum does not show."""
    from wordvec.align.temporal.folder import _seal

    facts = json.loads((folder / FILE).read_text()) | changes
    checksum = facts.pop("checksum")
    (folder / FILE).write_text(json.dumps({**facts, "checksum": _seal(facts) if sealed else checksum}))


def test_plain_files_are_slices_by_their_names(tmp_path):
    for place, name in enumerate(("t10.vec", "t9.safetensors", "T2.txt.gz", "compass.safetensors")):
        toy(place).to_memory().without("counts").save(tmp_path / name)
    (tmp_path / "notes.md").write_text("about")
    (tmp_path / ".hidden.vec").write_text("")
    with pytest.warns(UserWarning, match=r"no slices\.json.*T2, t9, t10; not read: notes\.md"):
        found = Slices.load(tmp_path)
    assert list(found.slices) == ["T2", "t9", "t10"]
    assert found.compass.vectors.tobytes() == toy(3).vectors.tobytes()
    toy().save(tmp_path / "t9.bin")
    with pytest.raises(OptionError, match=r"have the same: rename one"):
        Slices.load(tmp_path)
    (tmp_path / "none").mkdir()
    with pytest.raises(FormatError, match="must hold slices"):
        Slices.load(tmp_path / "none")


def test_numbers_in_names_rise():
    assert sorted(["a10", "a9", "A1", "b", "10", "9", ""], key=natural) == ["", "9", "10", "A1", "a9", "a10", "b"]


def test_the_suite_takes_slices_in_their_order(tmp_path):
    Slices({"new": toy(), "before": toy(1)}).save(tmp_path / "slices")
    model = Model.of(str(tmp_path / "slices"))
    assert [os.path.basename(path) for path in (model.source, *model.others)] == [
        "new.safetensors",
        "before.safetensors",
    ]


def test_slices_must_be_vectors_by_name_with_equal_repeats():
    with pytest.raises(OptionError, match="slices must be vectors by name"):
        Slices({1970: toy()})
    with pytest.raises(OptionError, match="slice 'a'"):
        Slices({"a": [1, 2]})
    with pytest.raises(OptionError, match="repeats must have the same slices"):
        Slices({"a": toy()}, repeats=[Slices({"b": toy()})])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(Slices({"a": toy()}, repeats=[Slices({"a": toy(1)})]).repeats) == 1
