"""The published measurements: RESULTS.md is made from the files of the runs, and each run says what it must."""

import argparse
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="a part of the checkout only")
RUNS = sorted((BENCHMARKS / "results").glob("*.json"))


def script(name):
    """A script of benchmarks/ as a module."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_results_are_what_the_runs_say():
    assert RUNS
    assert (BENCHMARKS / "RESULTS.md").read_text(encoding="utf-8") == script("report").current()


def test_a_changed_figure_is_noticed(tmp_path, monkeypatch):
    report = script("report")
    run = {"script": "x.py", "date": "2026-01-01", "commit": "abc", "machine": {"processor": "P", "cores": 2}}
    run["body"] = [{"columns": ["what", "s"], "rows": [["read", "1.5"]]}, {"text": "A note."}]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "x.json").write_text(json.dumps(run))
    (tmp_path / "RESULTS.in.md").write_text("# R\n\n{{run x}}\n")
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["report.py"])
    report.main()
    text = (tmp_path / "RESULTS.md").read_text()
    assert "*`x.py`, 2026-01-01, commit abc; P, 2 cores.*" in text
    assert "| what | s |\n|---|---|\n| read | 1.5 |\n\nA note.\n" in text
    monkeypatch.setattr(sys, "argv", ["report.py", "--check"])
    report.main()
    (tmp_path / "RESULTS.md").write_text(text.replace("1.5", "1.4"))
    with pytest.raises(SystemExit, match="is not what its runs say"):
        report.main()
    (tmp_path / "RESULTS.in.md").write_text("# R\n")
    with pytest.raises(SystemExit, match=r"not named: \['x'\]"):
        report.main()


def test_the_template_has_no_figures():
    template = re.sub(r"\{\{run \S+\}\}", "", (BENCHMARKS / "RESULTS.in.md").read_text(encoding="utf-8"))
    assert re.findall(r"\d+", template) == []


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_says_by_what_when_and_where(path):
    run = json.loads(path.read_text(encoding="utf-8"))
    assert {"script", "date", "machine", "commit", "body"} <= set(run)
    assert re.match(r"20\d\d-\d\d", run["date"])
    assert not run["script"] or (BENCHMARKS / run["script"]).is_file()
    assert run.get("transcribed") or run["pairs"] is not None
    assert not re.search(r"(?<!\w)/(home|root|work|tmp)/", path.read_text(encoding="utf-8")), "an absolute path"


def test_what_a_script_prints_becomes_tables_and_lines(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(BENCHMARKS)
    recording = script("recording")

    def main():
        recording.PAIRS.append({"ours": 1.0, "theirs": 2.0})
        print("2 cores\n\n| what | s |\n|---|---|\n| read | 1.5 |\n\ndone")

    monkeypatch.setenv("WORDVEC_RESULTS", str(tmp_path / "results"))
    monkeypatch.setattr(sys, "argv", ["benchmarks/report.py", str(tmp_path), "--pairs", "2"])
    recording.record(main)
    (path,) = (tmp_path / "results").glob("report-*.json")
    run = json.loads(path.read_text(encoding="utf-8"))
    assert run["body"] == [
        {"console": ["2 cores"]},
        {"columns": ["what", "s"], "rows": [["read", "1.5"]]},
        {"console": ["done"]},
    ]
    assert run["pairs"] == [{"ours": 1.0, "theirs": 2.0}]
    assert run["command"] == f"python benchmarks/report.py {tmp_path.name} --pairs 2"
    assert run["machine"]["cores"] >= 1
    assert recording.numbers({"model": object(), "s": (1, 2.5)}) == {"model": None, "s": [1, 2.5]}


LINE = {"work": "skip-gram", "peer": "gensim", "unit": "s", "quality": "", "more": False}


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (LINE | {"ours": [2, 1, 4], "theirs": [20, 5, 80]}, "| skip-gram | 2 s | gensim 20 s | 10 (5 to 20) |  |"),
        (LINE | {"ours": [0.004], "theirs": [0.002]}, "| skip-gram | 4 ms | gensim 2 ms | 0.5 (0.5 to 0.5) |  |"),
        (
            LINE | {"ours": [600.0], "theirs": [20.0], "unit": "MB/s", "more": True, "quality": "equal"},
            "| skip-gram | 600 MB/s | gensim 20 MB/s | 30 (30 to 30) | equal |",
        ),
    ],
)
def test_a_row_of_the_readme_has_medians_and_the_ratio_of_the_pairs(line, row, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    assert script("bench").row(line) == row


def test_the_table_goes_between_its_marks_and_nowhere_else(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(BENCHMARKS)
    bench, readme = script("bench"), tmp_path / "README.md"
    readme.write_text(f"before\n{bench.BEGIN}\nold\n{bench.END}\nafter\n", encoding="utf-8")
    bench.write_readme("| new |", readme)
    assert readme.read_text(encoding="utf-8") == f"before\n{bench.BEGIN}\n| new |\n{bench.END}\nafter\n"
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(SystemExit, match="must have the lines"):
        bench.write_readme("| new |", readme)


def test_a_run_of_the_same_commit_is_not_repeated(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(BENCHMARKS)
    bench = script("bench")
    runs = []

    def ran(command, stdout, stderr, env):
        runs.append(command)
        Path(env["WORDVEC_RESULTS"], "run.json").write_text('{"commit": "abc"}', encoding="utf-8")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bench.subprocess, "run", ran)
    given = argparse.Namespace(folder=str(tmp_path), corpus="corpus.txt", peer_python="python", pairs=1, glove=None)
    assert bench.measure("encode", given, "abc").startswith("measured in")
    assert bench.measure("encode", given, "abc") == "is there"
    assert bench.measure("encode", given, "def").startswith("measured in")
    assert bench.measure("glove", given, "abc") == "left out: --glove FOLDER must name the programs of GloVe"
    assert len(runs) == 2
