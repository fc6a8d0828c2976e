"""Build the kernels: one extension for each wordvec/_kernels/*.pyx; all other metadata is in pyproject.toml."""

import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build import build

KERNELS = Path("wordvec/_kernels")
INCLUDE = [KERNELS, KERNELS / "include"]  # the headers of each kernel, and those that all of them share
# No -march=native and no -ffast-math: SIMD is chosen at run time, and NaN must stay NaN.
# -g0, because what Python itself was built with often asks for debugging symbols, four fifths of the installed size.
FLAGS = ["/O2"] if sys.platform == "win32" else ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math"]
# Where results must be those of numpy, to the bit, no product is added without being rounded.
ROUNDED = {"descent": [] if sys.platform == "win32" else ["-ffp-contract=off"]}
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}


def included(path: Path) -> set[Path]:
    """The headers that a source includes or cimports, and those that they include."""
    headers: set[Path] = set()
    unread = [path]
    while unread:
        text = unread.pop().read_text(encoding="utf-8")
        names = re.findall(r"\"(\w+\.h)\"", text) + [
            f"{name}.pxd" for name in re.findall(r"from wordvec\._kernels\.(\w+) cimport", text)
        ]
        new = {folder / name for name in names for folder in INCLUDE if (folder / name).exists()} - headers
        headers |= new
        unread += new
    return headers


class Build(build):
    """Building, after a look for a compiler: its absence is one line, not three hundred of failed commands."""

    def run(self) -> None:
        """Build, or say which compiler is missing."""
        compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
        if sys.platform != "win32" and shutil.which(compiler) is None:
            raise SystemExit(
                f"wordvec's kernels need a C compiler, and {compiler!r} is not here: install gcc or clang (Debian and "
                "Ubuntu: apt install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install)"
            )
        super().run()


extensions = [
    Extension(
        f"wordvec._kernels.{path.stem}",
        [str(path)],
        include_dirs=[*map(str, INCLUDE)],
        depends=sorted(map(str, included(path))),
        extra_compile_args=FLAGS + ROUNDED.get(path.stem, []) + os.environ.get("WORDVEC_CFLAGS", "").split(),
    )
    for path in sorted(KERNELS.glob("*.pyx"))
]
setup(
    ext_modules=cythonize(extensions, compiler_directives=DIRECTIVES, quiet=True),
    cmdclass={"build": Build},
    options={"build_ext": {"parallel": os.cpu_count() or 1}},
)
