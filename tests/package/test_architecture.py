"""The house rules that a machine can check: who imports whom, who owns a kernel, how long things are."""

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import wordvec

ROOT = Path(wordvec.__file__).parent
LAYERS = [  # a module imports only from the layers above its own
    {"base", "_kernels"},
    {"inputs"},
    {"outputs", "vocabulary"},
    {"rows"},
    {"codecs"},
    {"corpus", "store", "search", "transforms"},
    {"subwords"},
    {"vectors", "cooccurrence"},
    {"contexts", "formats", "graphs", "optim", "phrases"},
    {"trainers"},
    {"texts", "align", "induction"},
    {"evaluate", "interop", "classify"},
    {"gensim", "fasttext", "plot"},
    {"distributed"},
    {"serve", "cli", "__init__", "__main__"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
# methods of KeyedVectors, gensim's and one for pictures, that need what lies above: the functions, and what they import
UPWARDS = {
    "save": "formats",
    "load": "formats",
    "save_word2vec_format": "formats",
    "load_word2vec_format": "formats",
    "evaluate_word_pairs": "evaluate",
    "evaluate_word_analogies": "evaluate",
    "plot": "plot",
}
MODULES = sorted(path for path in ROOT.rglob("*.py") if "_kernels" not in path.parts)
KERNELS = sorted(path for path in (ROOT / "_kernels").rglob("*") if path.suffix in (".pyx", ".pxd", ".h"))
every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))


def part(path):
    """The part of the package that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node, function=None):
    """(part, name of the function it stands in) of every import of wordvec that is executed."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        inside = child.name if isinstance(child, ast.FunctionDef) else function
        if isinstance(child, ast.ImportFrom) and child.module and child.module.split(".")[0] == "wordvec":
            names = child.module.split(".")[1:]
            for name in names[:1] or [alias.name for alias in child.names]:
                yield name, inside
        elif isinstance(child, ast.Import):
            for alias in child.names:
                if alias.name.startswith("wordvec."):
                    yield alias.name.split(".")[1], inside
        yield from imports(child, inside)


@every_module
def test_imports_point_down(path):
    own = part(path)
    for other, function in imports(tree(path)):
        if other.startswith("__"):  # __version__
            continue
        if own == "vectors" and UPWARDS.get(function) == other:
            continue
        assert other in RANK, f"{own} imports {other}, which has no layer"
        below = RANK[other] < RANK[own] or other == own or {own, other} == {"base", "_kernels"}
        assert below or RANK[own] == len(LAYERS) - 1, f"{own} imports {other}, in {function or 'the module'}"


def module_name(path):
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


NAMES = {module_name(path) for path in MODULES}


def imported_modules(path):
    """The modules that a module imports anywhere: at its start, when a function runs, or for type checkers alone."""
    own, names = module_name(path), NAMES

    def of(node, function=None):
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.FunctionDef) else function
            if isinstance(child, ast.ImportFrom) and child.module and child.module.split(".")[0] == "wordvec":
                full = [f"{child.module}.{alias.name}" for alias in child.names]
                found = [name if name in names else child.module for name in full]
            elif isinstance(child, ast.Import):
                found = [alias.name for alias in child.names if alias.name in names]
            else:
                found = []
            types = all(name.startswith("wordvec.evaluate") for name in found)  # what gensim's methods return
            upwards = part(path) == "vectors" and (inside in UPWARDS or types)
            if not upwards:
                yield from found
            yield from of(child, inside)

    return (set(of(tree(path))) & names) - {own}


def circles(graph):
    """Groups of modules that import each other, each sorted: strongly connected components by Tarjan's algorithm."""
    order, lowest, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for other in graph[node]:
            if other not in order:
                visit(other)
            if other in stack:
                lowest[node] = min(lowest[node], lowest[other])
        if lowest[node] == order[node]:
            place = stack.index(node)
            if len(group := sorted(stack[place:])) > 1:
                found.append(group)
            del stack[place:]

    for node in graph:
        if node not in order:
            visit(node)
    return found


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a", "e"}, "e": {"d"}}) == [["b", "c"], ["d", "e"]]


def test_no_circle_of_imports():
    """A package's `__init__` may gather its modules; none of them may import the package back, not even lazily."""
    found = circles({module_name(path): imported_modules(path) for path in MODULES})
    assert found == []


def test_no_part_is_imported_by_name_where_the_layers_would_not_show():
    found = [path for path in MODULES if re.search(r"import_module\([^)]*wordvec", path.read_text(encoding="utf-8"))]
    assert found == [ROOT / "__init__.py"]  # the public names


def test_each_kernel_has_one_owner():
    owners: dict[str, set[str]] = {}
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "wordvec._kernels":
                for alias in node.names:
                    owners.setdefault(alias.name, set()).add(part(path))
    assert owners, "no kernel is used"
    assert {name: parts for name, parts in owners.items() if len(parts) > 1} == {}


def test_each_kernel_is_used():
    built = {path.name.split(".")[0] for path in (ROOT / "_kernels").iterdir() if path.suffix in (".so", ".pyd")}
    used = {
        alias.name
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "wordvec._kernels"
        for alias in node.names
    }
    assert built == used


@every_module
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path.name} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node):
                lines -= node.body[0].end_lineno - node.body[0].lineno + 1
            assert lines <= 60, f"{node.name} has {lines} lines"


def c_bodies(text):
    """(first line, lines between the braces) of every outermost block of C: functions, structs, tables."""
    literal = r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])'"
    code = re.sub(literal, lambda found: "\n" * found[0].count("\n"), text, flags=re.S)
    depth = start = 0
    for number, line in enumerate(code.split("\n"), 1):
        for brace in re.findall("[{}]", line):
            start = start if depth else number
            depth += 1 if brace == "{" else -1
            assert depth >= 0, f"line {number} closes a brace that is not open"
            if not depth:
                yield start, max(0, number - start - 1)
    assert not depth, f"the brace of line {start} stays open"


def cython_bodies(text):
    """(first line, lines of the body without the docstring) of every function of Cython."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not (head := re.match(r"( *)(?:cdef|cpdef|def) [^=(]*\(", line)):
            continue
        last = number
        signature = re.sub("#.*", "", line)
        while signature.count("(") > signature.count(")"):
            last += 1
            signature += re.sub("#.*", "", lines[last])
        if not signature.rstrip().endswith(":"):
            continue  # a declaration
        body = []
        for below in lines[last + 1 :]:
            if below.strip() and len(below) - len(below.lstrip()) <= len(head[1]):
                break
            body.append(below)
        code = "\n".join(body).strip()
        if code.startswith('"""'):
            code = code.split('"""', 2)[2].strip("\n")
        yield number + 1, code.count("\n") + 1


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.name)
def test_kernels_and_their_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path.name} has {text.count(chr(10))} lines"
    for line, length in (c_bodies if path.suffix == ".h" else cython_bodies)(text):
        assert length <= 60, f"the function at line {line} of {path.name} has {length} lines"


def test_lines_of_functions_are_counted():
    c = "struct a {\n    int b;\n};\n/* { */\nint f(\n    int x)\n{\n    char y = '}';\n\n    return y + x;\n}\n"
    assert list(c_bodies(c)) == [(1, 1), (7, 3)]
    cython = 'cdef class A:\n    def f(\n        self,  # (\n        int x=(1),\n    ):\n        """A\n        b."""\n'
    cython += "        x += 1\n\n        return x\n\ncdef int y = g(1)\ncdef int g(int x) except -1\ndef h(): pass\n"
    assert list(cython_bodies(cython)) == [(2, 3)]
    with pytest.raises(AssertionError, match="stays open"):
        list(c_bodies("int f() {"))


@every_module
def test_every_module_says_what_it_is(path):
    first = (ast.get_docstring(tree(path)) or "").partition("\n")[0]
    assert 10 < len(first) <= 120, path


@every_module
def test_the_library_neither_prints_nor_unpickles_nor_evaluates(path):
    text, own = path.read_text(encoding="utf-8"), part(path)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "eval", "exec", "input"}, f"{node.func.id}() in line {node.lineno}"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not {"pickle", "marshal", "shelve", "dill"} & {name.split(".")[0] for name in modules}
    assert "allow_pickle=True" not in text
    if own != "cli":
        assert "sys.stdout" not in text or own == "outputs"  # which "-" is
        assert "sys.exit" not in text or own == "__main__"


def test_public_names_are_sorted_and_real():
    def key(name):  # ruff's order: constants, classes, the rest
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert wordvec.__all__ == sorted(wordvec.__all__, key=key)
    assert all(getattr(wordvec, name) is not None for name in wordvec.__all__)
    assert set(wordvec.__all__) <= set(dir(wordvec))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = wordvec.no_such_name


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("import wordvec", {"numpy", "scipy", "numba", "tqdm", "smart_open"}),
        ("import wordvec.cli", {"scipy", "numba", "tqdm", "smart_open"}),
        (
            "import wordvec; kv = wordvec.KeyedVectors(['a', 'b'], [[1, 2], [2, 1]]); kv.most_similar('a')"
            "; kv.save('x.safetensors'); wordvec.load('x.safetensors').similarity('a', 'b')",
            {"scipy", "numba", "tqdm", "smart_open"},
        ),
    ],
    ids=["import", "command line", "serve"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code, banned, tmp_path):
    script = f"import sys, json; {code}; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT.parent)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    assert {name.split(".")[0] for name in json.loads(done.stdout)} & banned == set()
