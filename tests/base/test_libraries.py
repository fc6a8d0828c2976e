"""Optional libraries: one error class says what to install, wherever a library is missing."""

import sys

import pytest

import wordvec
from wordvec.base.errors import LibraryError, WordvecError
from wordvec.base.libraries import library


def test_a_library_that_is_there_is_its_module():
    assert library("json.decoder", "json") is sys.modules["json.decoder"]


COMMANDS = {
    "faiss-cpu": "`pip install faiss-cpu`",
    "torch>=2": '`pip install "torch>=2"`',
    "a[b]": '`pip install "a[b]"`',
}


@pytest.mark.parametrize(("install", "command"), COMMANDS.items())
def test_the_error_has_a_command_that_a_shell_takes(install, command):
    with pytest.raises(LibraryError) as caught:
        library("no_such_library.part", install, "for a test")
    assert str(caught.value) == f"no_such_library.part must be installed for a test; run {command}"
    assert isinstance(caught.value, (ImportError, WordvecError)) and caught.value.name == "no_such_library.part"


def test_what_a_library_lacks_itself_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "half_a_library.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library") as caught:
        library("half_a_library", "half-a-library")
    assert not isinstance(caught.value, LibraryError)


def test_a_scheme_whose_transport_is_missing(monkeypatch):
    import smart_open

    def fail(*_, **__):
        raise ImportError("You are trying to use the gcs functionality")

    monkeypatch.setattr(smart_open, "open", fail)
    with pytest.raises(LibraryError, match=r'smart_open\[gcs\] must be installed .*pip install "smart-open\[gcs\]"'):
        wordvec.load("gs://bucket/vectors.txt")
