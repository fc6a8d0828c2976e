"""Tables that other processes of the machine can map."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec.distributed.neighbours import Where, look, mapped_table, neighbour_of, shared_table, widened

linux = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a file is Linux's")


@linux
def test_another_process_sees_tables_as_they_change():
    tables = {shape: shared_table(shape) for shape in [(7, 5), (3, 16), (11,)]}
    calls = []
    for shape, (table, where) in tables.items():
        assert table.shape == shape and table.ctypes.data % 64 == 0
        assert len(shape) == 1 or table.strides[0] % 64 == 0
        seen = look(where)
        table[...] = np.arange(table.size).reshape(shape)
        assert np.array_equal(seen, table) and not seen.flags.writeable
        calls.append(f"print(look(Where{tuple(where)!r}).sum())")
    code = "from wordvec.distributed.neighbours import Where, look; " + "; ".join(calls)
    environment = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parents[1])}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert [float(number) for number in told.stdout.split()] == [table.sum() for table, _ in tables.values()]


@linux
def test_the_memory_goes_with_the_table():
    table, where = shared_table((4, 4))
    kept = look(where)
    table[:] = 3
    del table
    assert look(where) is None and kept.sum() == 48  # who has mapped it keeps it


def test_what_is_no_table_of_that_kind_is_not_taken(tmp_path):
    path = tmp_path / "table"
    path.write_bytes(bytes(4 * 64 + 64))
    table, where = mapped_table(os.open(path, os.O_RDWR), str(path), (4, 5))
    table[:] = 1
    assert look(where).sum() == 20
    for other in (where._replace(mark=bytes(16)), where._replace(shape=(5, 5)), where._replace(path=str(path) + "x")):
        assert look(other) is None
        assert neighbour_of({"base": {"input": where}, "tables": [{"input": other}]}, {"input": 5}) is None
    assert neighbour_of({"base": {"input": where}, "tables": [{"input": None}]}, {"input": 5}) is None
    found = neighbour_of({"base": {"input": where}, "tables": [{"input": list(where)}]}, {"input": 16})
    assert found.base["input"].shape == (4, 16) and widened(table).shape == (4, 16)
    assert found.base["input"].sum() == found.tables[0]["input"].sum() == 20
    assert isinstance(where, Where)
