"""What the sub-verbs of `wordvec plot` share: the file to write, the look, words, and the places of words."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wordvec.base.errors import OptionError
from wordvec.cli.flags import add_force, words_in
from wordvec.cli.output import check_output, print_output
from wordvec.cli.streams import decoded


def add_picture(parser: ArgumentParser) -> None:
    """The file to write, and the look of all pictures."""
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="the picture to write: name.svg, name.png, name.pdf, or name.html, which is interactive",
    )
    parser.add_argument("--title", metavar="TEXT", help="the title (default: what the picture shows)")
    parser.add_argument("--size", type=inches, metavar="WxH", help="width and height in inches, such as 8x6")
    add_force(parser)


def add_words(parser: ArgumentParser, what: str = "words") -> None:
    """Words, on the command line or in a file."""
    parser.add_argument("words", nargs="*", metavar="WORD", help=f"{what} to draw")
    parser.add_argument("--words", dest="word_file", metavar="FILE", help=f"{what} of this file, one a line")


def add_layout(parser: ArgumentParser) -> None:
    """How words get their places."""
    from wordvec.transforms.layout import METHODS

    parser.add_argument("--method", choices=METHODS, default="pca", help="how words get their places on the plane")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of umap and tsne")


def words_of(arguments: Namespace) -> list[str]:
    """The words of the command line and of the file; [] where there are none."""
    words = [decoded(word) for word in arguments.words]
    return words if arguments.word_file is None else [*words, *words_in(arguments.word_file)]


def write_picture(
    arguments: Namespace, inputs: Iterable[str | None], draw: Callable[[dict[str, Any]], Any], folder: bool = False
) -> None:
    """Write the picture that `draw` makes of the options of its look, and print its path.

    An output that cannot be written, or not be a picture, is an error before the work.
    """
    from wordvec.outputs import is_stdout
    from wordvec.plot import save
    from wordvec.plot.files import PAGE, check_suffix

    if is_stdout(arguments.output):
        raise OptionError("a picture must be written to a file, whose suffix says of which kind; got standard output")
    look: dict[str, Any] = {"interactive": check_suffix(arguments.output) == PAGE}
    output = check_output(arguments.output, arguments.force, inputs=inputs)
    if arguments.title is not None:
        look["title"] = arguments.title
    if arguments.size is not None:
        look["size"] = arguments.size
    save(draw(look), output)
    print_output(arguments.output)


def named_files(given: Sequence[str]) -> dict[str, str]:
    """The files by name: `NAME=FILE`, or else the name of the file without folder and suffix."""
    import os
    from pathlib import PurePath

    files: dict[str, str] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not (equals and name and path) or os.path.exists(text):
            name, path = PurePath(text).stem, text
        if name in files:
            raise OptionError(
                f"files must have names of their own; {files[name]} and {path} are both {name}: use NAME=FILE"
            )
        files[name] = path
    return files


def inches(text: str) -> tuple[float, float]:
    """A type for argparse: two numbers above 0 with an x between them."""
    try:
        width, height = map(float, text.lower().split("x"))
    except ValueError:
        width = height = 0.0
    if not (0 < width <= 100 and 0 < height <= 100):
        raise ArgumentTypeError(f"must be a width and a height in inches, such as 8x6; got {text!r}")
    return width, height
