"""Every example in a docstring runs and says what it shows; so does every example in the documentation."""

import doctest
import importlib
import pkgutil
import re
import shutil
from pathlib import Path

import pytest

import wordvec

CHECKOUT = Path(__file__).parents[2]
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(wordvec.__path__, "wordvec.")
    if "._kernels" not in module.name and not module.name.endswith("__main__")
)
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]  # not what `make docs` generates
LONG = ("aligning", "evaluating", "meta-embeddings", "sweeping", "tutorial")  # more than 4 seconds
# modules that need a library that may be absent
NEEDS = {"wordvec.evaluate.probing": "sklearn", "wordvec.plot.maps": "textalloc"} | {
    n: "uvicorn" for n in MODULES if n.startswith("wordvec.serve.")
}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name, in_folder):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def case(page):
    """A page; a long one runs with the thorough tests."""
    return pytest.param(page, id=page.name, marks=[pytest.mark.thorough] if page.stem in LONG else [])


@pytest.mark.parametrize("page", [case(page) for page in PAGES])
def test_python_blocks_of_the_documentation_run(page, in_folder):
    """One page is one session, in a folder that holds the sample as corpus.txt and corpora/.

    Blocks that need a library which is not installed are passed over, and the test counts as skipped in the end.
    """
    shutil.copytree(CHECKOUT / "corpora", "corpora")
    shutil.copy("corpora/sample.txt", "corpus.txt")
    namespace, missing = {"__name__": "page"}, []
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if ">>>" in block:
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            session = doctest.DocTestParser().get_doctest(block, namespace, page.name, str(page), 0)
            runner.run(session, clear_globs=False)
            assert runner.failures == 0
        else:
            try:
                exec(compile(block, str(page), "exec"), namespace)
            except wordvec.LibraryError as error:
                missing.append(str(error))
            except ModuleNotFoundError:  # of a library that an earlier block asked for in vain
                if not missing:
                    raise
    if missing:
        pytest.skip(f"all other blocks run: {missing[0]}")
