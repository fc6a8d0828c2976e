"""Pages of the API reference: one a public module, with every name of its `__all__`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

# The public modules, in the order of the reference. A test holds this list to the package: every module that
# `dir(wordvec)` names is here.
MODULES = (
    "wordvec",
    "wordvec.formats",
    "wordvec.transforms",
    "wordvec.search",
    "wordvec.search.analogy",
    "wordvec.search.hubness",
    "wordvec.search.scaling",
    "wordvec.search.sets",
    "wordvec.search.indexes",
    "wordvec.evaluate",
    "wordvec.graphs",
    "wordvec.induction",
    "wordvec.phrases",
    "wordvec.texts",
    "wordvec.classify",
    "wordvec.align",
    "wordvec.align.meta",
    "wordvec.plot",
    "wordvec.interop",
    "wordvec.gensim",
    "wordvec.gensim.models",
    "wordvec.fasttext",
    "wordvec.distributed",
)
# What other libraries define: names and arguments are theirs, so that the pages list no members.
ADAPTERS = ("wordvec.gensim", "wordvec.fasttext")
# Classes whose members are not repeated in those that inherit from them.
BUILTINS = "object, dict, list, tuple, str, Mapping, Sequence, Exception, BaseException"


# The order of the sections of a page.
HEADINGS = ("Trainers", "Classes", "Functions", "Errors", "Tables and constants", "From other modules")
TRAINERS = frozenset(map(id, import_module("wordvec").TRAINERS.values()))


def public_names(module: ModuleType) -> list[str]:
    """The names of `__all__` that are not modules themselves."""
    return [name for name in module.__all__ if not inspect.ismodule(getattr(module, name))]


def kind(value: object) -> str:
    """The heading under which an object is listed."""
    if inspect.isclass(value):
        if id(value) in TRAINERS:
            return "Trainers"
        return "Errors" if issubclass(value, BaseException) else "Classes"
    return "Functions" if callable(value) else "Tables and constants"


def defining_class(method: str) -> str:
    """The path of the class from which all trainers have a method."""
    some = import_module("wordvec").SkipGram
    owner = next(base for base in some.__mro__ if method in vars(base))
    return f"{owner.__module__}.{owner.__qualname__}"


def class_entry(module: str, path: str, cls: type) -> list[str]:
    """The directive that documents a class and its members."""
    if issubclass(cls, BaseException):
        return [f".. autoexception:: {path}", "   :show-inheritance:", ""]
    lines = [f".. autoclass:: {path}"]
    if not module.startswith(ADAPTERS) and id(cls) not in TRAINERS:
        lines += ["   :members:", f"   :inherited-members: {BUILTINS}"]
    return [*lines, ""]


def entry(module: str, name: str, value: object) -> list[str]:
    """The directive that documents one name."""
    path = f"{module}.{name}"
    if inspect.isclass(value):
        return class_entry(module, path, value)
    if callable(value):
        return [f".. autofunction:: {path}", ""]
    keys = f"A table with the keys {', '.join(f'``{key}``' for key in value)}." if isinstance(value, Mapping) else ""
    constant = "" if keys or not isinstance(value, (str, int, float, tuple)) else f"``{value!r}``"
    return [f".. py:data:: {path}", "", f"   {keys or constant}", ""]


def page(name: str, known: dict[int, str]) -> str:
    """The page of one module; `known` has the objects that earlier pages document, which are only named here."""
    module = import_module(name)
    groups: dict[str, list[str]] = {}
    for public in public_names(module):
        value = getattr(module, public)
        earlier = known.setdefault(id(value), name) if inspect.isclass(value) or inspect.isfunction(value) else name
        if earlier == name:
            groups.setdefault(kind(value), []).extend(entry(name, public, value))
        else:
            groups.setdefault("From other modules", []).append(f"* ``{public}``: see ``{earlier}.{public}``")
    lines = [f"# {name}", "", "```{eval-rst}", f".. automodule:: {name}", "   :no-members:", "```", ""]
    for heading in HEADINGS:
        if heading in groups:
            if heading == "Trainers":
                methods = ("fit", "fit_inputs", "to_dict", "recorded")
                shared = [f".. automethod:: {defining_class(method)}.{method}" for method in methods]
                lines += ["## Methods of trainers", "", "```{eval-rst}", *shared, "```", ""]
            lines += [f"## {heading}", "", "```{eval-rst}", *groups[heading], "```", ""]
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """The text of every page of the reference by its file name."""
    known: dict[int, str] = {}
    result = {f"{name}.md": page(name, known) for name in MODULES}
    contents = "\n".join(MODULES)
    result["index.md"] = (
        "# API reference\n\nEvery public name, from its docstring. Names not listed here may change without notice.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{contents}\n```\n"
    )
    return result
