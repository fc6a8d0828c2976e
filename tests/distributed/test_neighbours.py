"""Tables that other processes of the machine can map."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import wordvec
from wordvec.distributed.neighbours import TAIL, floats_of, look, mapped_table, neighbour_of, widened


def made(path, shape):
    path.write_bytes(bytes(4 * floats_of(shape) + TAIL))
    return mapped_table(os.open(path, os.O_RDWR), str(path), shape)


def test_another_process_sees_tables_as_they_change(tmp_path):
    calls, sums = [], []
    for number, shape in enumerate([(7, 5), (3, 16), (11,)]):
        table, numbers, where = made(tmp_path / str(number), shape)
        assert table.shape == shape and (len(shape) == 1 or table.strides[0] % 64 == 0)
        seen = look(where)
        table[...] = np.arange(table.size).reshape(shape)
        numbers[:] = number, 7
        assert np.array_equal(seen.table, table) and not seen.table.flags.writeable
        assert seen.numbers.tolist() == [number, 7]
        calls.append(f"print(look(Where{tuple(where)!r}).table.sum())")
        sums.append(table.sum())
    code = "from wordvec.distributed.neighbours import Where, look; " + "; ".join(calls)
    environment = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parents[1])}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert [float(number) for number in told.stdout.split()] == sums


def test_what_is_no_table_of_that_kind_is_not_taken(tmp_path):
    path = tmp_path / "table"
    table, _, where = made(path, (4, 5))
    table[:] = 1
    assert look(where).table.sum() == 20
    for other in (where._replace(mark=bytes(16)), where._replace(shape=(5, 5)), where._replace(path=str(path) + "x")):
        assert look(other) is None
        assert neighbour_of({"input": where, "output": other}, {"input": 5, "output": 5}) is None
    found = neighbour_of({"input": list(where)}, {"input": 16})
    assert found.base["input"].shape == (4, 16) and widened(table).shape == (4, 16)
    assert found.base["input"].sum() == 20 and len(found.ready) == 2
    path.unlink()
    assert look(where) is None and found.base["input"].sum() == 20  # who has mapped it keeps it
