"""Bars of progress: where they are seen, of which kind, and that nothing warns."""

import subprocess
import sys
from contextlib import nullcontext

import pytest

from wordvec.base import progress
from wordvec.base.progress import is_notebook, is_seen, progress_bar


class ZMQInteractiveShell:
    """What IPython's kernel has as its shell."""


class Shell(ZMQInteractiveShell):
    """What another front end makes of it."""


class TerminalInteractiveShell:
    """What IPython has on a terminal."""


class Frontend:
    """The part of IPython that is asked."""

    def __init__(self, shell):
        self.shell = shell

    def get_ipython(self):
        return self.shell


@pytest.mark.parametrize(
    ("shell", "notebook"), [(ZMQInteractiveShell, True), (Shell, True), (TerminalInteractiveShell, False)]
)
def test_a_notebook_is_told_by_its_shell(shell, notebook, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", Frontend(shell()))
    assert is_notebook() is notebook and is_seen() is (notebook or sys.stderr.isatty())


def test_without_ipython_there_is_no_notebook(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not is_notebook()
    monkeypatch.setattr(sys, "stderr", None)
    assert not is_seen()


def test_nothing_is_drawn_where_it_is_not_asked_for_or_not_seen(monkeypatch):
    monkeypatch.setattr(progress, "is_seen", lambda: False)
    assert type(progress_bar(9, True)) is nullcontext
    monkeypatch.setattr(progress, "is_seen", lambda: True)
    assert type(progress_bar(9, False)) is nullcontext


def test_a_terminal_has_a_bar_of_text(monkeypatch, capsys):
    from tqdm.std import tqdm

    monkeypatch.setattr(progress, "is_seen", lambda: True)
    with progress_bar(2000, True, "reading", "B") as bar:
        bar.update(2000)
    assert type(bar) is tqdm and "2.00k/2.00k" in capsys.readouterr().err


def test_a_notebook_without_widgets_has_a_bar_of_text_and_no_warning(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "IPython", Frontend(ZMQInteractiveShell()))
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    with progress_bar(10, True, unit=" sets") as bar:
        bar.update(10)
    assert "10.0/10.0" in capsys.readouterr().err


@pytest.mark.thorough
@pytest.mark.parametrize("widgets", [True, False])
def test_in_a_kernel(widgets, tmp_path):
    """A kernel of Jupyter shows a widget where it has ipywidgets, else text; it never warns."""
    for name in ("nbclient", "ipykernel", "ipywidgets"):
        pytest.importorskip(name)
    hidden = "" if widgets else "import importlib.util, wordvec.base.progress as p; p.find_spec = lambda name: None; "
    cell = f"{hidden}from wordvec.base.progress import progress_bar\nwith progress_bar(9, True) as bar: bar.update(9)"
    script = f"""
import nbformat, nbclient
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell({cell!r})])
nbclient.NotebookClient(book, kernel_name="python3").execute()
for output in book.cells[0].outputs:
    print(sorted(output.get("data", {{}})), output.get("text", ""))
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stderr
    assert ("widget-view" in done.stdout) is widgets
    assert ("9.00/9.00" in done.stdout) is not widgets
    assert "Warning" not in done.stdout
