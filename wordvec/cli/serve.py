"""`wordvec serve`: a JSON service over vectors and classifiers."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.cli.flags import count
from wordvec.cli.parsing import Parser
from wordvec.cli.signals import Stopped, handed_over
from wordvec.serve.settings import Limits, Settings, hosts_of, is_loopback, named_models, named_paths

if TYPE_CHECKING:
    from wordvec.serve.models import Models

_EXTRA = "wordvec[serve]"


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="vectors, a classifier, or a folder of slices; NAME=FILE names it, else its file does",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="the port; 0: any free one")
    parser.add_argument("--workers", type=count, default=1, metavar="N", help="processes, which share mapped files")
    parser.add_argument("--threads", type=count, metavar="N", help="threads of each (default: usable cores / workers)")
    parser.add_argument(
        "--index", action="append", default=[], metavar="FILE", help="an index of `wordvec index`; NAME=FILE of several"
    )
    parser.add_argument(
        "--space",
        action="append",
        default=[],
        metavar="NAMES",
        help="models that share a space, with commas between: for translate, and in their order for drift",
    )
    access = parser.add_argument_group("who may ask")
    access.add_argument("--token", metavar="T", help="what requests must bring; else of WORDVEC_TOKEN, if that is set")
    access.add_argument(
        "--allow-anonymous", action="store_true", help="answer without a token at an address other than the loopback"
    )
    access.add_argument(
        "--origin", action="append", default=[], metavar="URL", help="a web site whose pages may ask (CORS)"
    )
    Limits.add_arguments(parser.add_argument_group("limits"))


def run(arguments: Namespace) -> None:
    """Serve until a signal ends it: SIGTERM and Ctrl-C end it, SIGHUP opens the models again."""
    if "numpy" not in sys.modules:  # requests run in threads of their own: those of OpenBLAS would compete with them
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in ("msgspec", "orjson", "starlette", "uvicorn", "httptools"):
        library(name, _EXTRA, "for `wordvec serve`")
    settings = _settings(arguments)
    if os.name == "nt" and arguments.workers > 1:
        raise OptionError(f"--workers must be 1 on Windows; got {arguments.workers}")
    from wordvec.serve.models import Models
    from wordvec.serve.processes import listening, run

    models = Models(settings)  # so that what is wrong with a file is said here, and once
    _tell_unmapped(models, arguments.workers)
    with listening(arguments.host, arguments.port) as listener:
        host, port = listener.getsockname()[:2]
        sys.stdout.write(f"http://{f'[{host}]' if ':' in host else host}:{port}\n")
        sys.stdout.flush()
        try:
            with handed_over():
                run(settings, models, listener, arguments.workers)
        except Stopped as stop:
            if stop.number != signal.SIGTERM:
                raise


def _settings(arguments: Namespace) -> Settings:
    from wordvec.base.threads import usable_cores

    models, spaces = named_models(arguments.files)
    token = arguments.token if arguments.token is not None else os.environ.get("WORDVEC_TOKEN")
    if token is not None and not (token.isascii() and token.isprintable() and len(token) >= 8 and " " not in token):
        raise OptionError("--token must be 8 or more printable ASCII characters without a space")
    if not is_loopback(arguments.host) and token is None and not arguments.allow_anonymous:
        raise OptionError(
            f"--token T must be given with --host {arguments.host}, where others can ask; "
            "--allow-anonymous answers all of them"
        )
    indexes = dict(zip(models, arguments.index)) if len(models) == 1 and "=" not in "".join(arguments.index) else {}
    return Settings(
        models=models,
        indexes=indexes or named_paths(arguments.index),
        spaces=(*spaces, *(tuple(names.split(",")) for names in arguments.space)),
        limits=Limits.from_arguments(arguments),
        threads=arguments.threads or max(1, usable_cores() // arguments.workers),
        token=token,
        hosts=hosts_of(arguments.host),
        origins=tuple(arguments.origin),
    )


def _tell_unmapped(models: Models, workers: int) -> None:
    """A line about models of which every worker has a copy."""
    for model in models.all():
        if workers > 1 and not model.is_mapped:
            sys.stderr.write(
                f"{model.name}: each of {workers} workers holds a copy; `wordvec convert {model.path} OUT.safetensors` "
                "writes a file that they share\n"
            )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ArgumentTypeError(f"must be a port, 0 to 65535; got {text!r}")
    return int(text)
