"""Tables of objects that are imported when they are asked for."""

import sys
from collections.abc import Mapping

import pytest

from wordvec.base.tables import Table


def test_a_table_is_a_mapping_that_nothing_can_be_written_to():
    table = Table("wordvec.base", {"pi": "math.pi", "errors": ".errors.OptionError"})
    from wordvec.base.errors import OptionError

    assert isinstance(table, Mapping) and list(table) == ["pi", "errors"] and len(table) == 2
    assert list(table.values())[1] is OptionError and dict(table.items())["errors"] is OptionError
    assert table.get("e") is None and "e" not in table
    with pytest.raises(KeyError):
        table["e"]
    with pytest.raises(TypeError, match="does not support item assignment"):
        table["e"] = 2.7
    assert repr(table) == "<Table of pi, errors>"


def test_only_what_is_asked_for_is_imported(tmp_path, monkeypatch):
    for name in ("table_one", "table_two"):
        (tmp_path / f"{name}.py").write_text(f"value = {name!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    table = Table("wordvec", {"one": "table_one.value", "two": "table_two.value"})
    assert "one" in table and list(table) == ["one", "two"] and len(table) == 2
    assert "table_one" not in sys.modules
    try:
        assert table["one"] == table["one"] == "table_one"
        assert "table_two" not in sys.modules
    finally:
        sys.modules.pop("table_one", None)
