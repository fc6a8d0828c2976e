"""What is imported: of the trainers those that are used, and no library that is not needed."""

import json
import subprocess
import sys

import pytest

import wordvec
from wordvec.trainers import TRAINERS

# what skip-gram and CBOW need no part of; numpy.ma takes as long to import as a tenth of wordvec
NEEDLESS = ("scipy", "numba", "sklearn", "tqdm", "numpy.ma")
NEEDLESS += tuple(f"wordvec.{name}" for name in ("contexts.means", "graphs", "subwords", "transforms", "formats.glove"))
SENTENCES = "a b c\n" * 50


def imported(code, folder):
    """The modules of a process that has run some code in a folder."""
    told = "import sys, json; json.dump(list(sys.modules), open('modules.json', 'w'))"
    subprocess.run([sys.executable, "-c", f"{code}\n{told}"], check=True, cwd=folder, capture_output=True)
    return set(json.loads((folder / "modules.json").read_text()))


def models(modules):
    """The modules of models among some."""
    return {place.split(".")[1] for place in TRAINERS.places.values()} & {
        name.removeprefix("wordvec.trainers.") for name in modules if name.startswith("wordvec.trainers.")
    }


@pytest.mark.parametrize(
    "code",
    [
        "from wordvec.cli import main; assert main(['train', 'text.txt', '--quiet', '--epochs', '1']) == 0",
        "import wordvec; wordvec.train('text.txt', model='cbow', epochs=1, workers=2).save('v.safetensors'); "
        "wordvec.load('v.safetensors')",
        "from wordvec.trainers import TRAINERS, CBOW; assert TRAINERS['cbow'] is CBOW and 'pu' in TRAINERS",
    ],
    ids=["command", "function", "class"],
)
def test_a_model_imports_no_other(code, tmp_path):
    (tmp_path / "text.txt").write_text(SENTENCES)
    modules = imported(code, tmp_path)
    assert models(modules) == {"word2vec"}
    assert not [name for name in NEEDLESS if name in modules]


def test_names_of_models_import_none(tmp_path):
    modules = imported("import wordvec; list(wordvec.TRAINERS), len(wordvec.TRAINERS), wordvec.KeyedVectors", tmp_path)
    assert not models(modules) and "wordvec.trainers" in modules


def test_every_public_name_is_there():
    """Those of the table, those beside them, and those that the package itself has."""
    assert {kind.name: kind for kind in TRAINERS.values()} == dict(TRAINERS)
    for name in wordvec.trainers.__all__:
        value = getattr(wordvec.trainers, name)
        assert value is TRAINERS or value.__name__ == name
        assert name in dir(wordvec.trainers)
    for kind in TRAINERS.values():
        assert getattr(wordvec, kind.__name__) is getattr(wordvec.trainers, kind.__name__) is kind
    with pytest.raises(AttributeError, match=r"module 'wordvec\.trainers' has no attribute 'Nothing'"):
        wordvec.trainers.Nothing  # noqa: B018
