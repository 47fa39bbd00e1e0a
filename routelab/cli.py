"""The command line: assembled here; every command is one call into the library.

Exit codes: 0 done, 1 the answer is "no" (verify differs, lint found something), 2 bad input,
130 stopped.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable

import typer

from routelab import (
    _cli_ab,
    _cli_answers,
    _cli_calibrate,
    _cli_compare,
    _cli_data,
    _cli_demo,
    _cli_doctor,
    _cli_drift,
    _cli_export,
    _cli_gateway,
    _cli_lab,
    _cli_labels,
    _cli_lint,
    _cli_off_policy,
    _cli_prove,
    _cli_read,
    _cli_route,
    _cli_schema,
    _cli_serve,
    _cli_simulate,
    _cli_train,
    _cli_verify,
)
from routelab._checks import RoutelabError
from routelab._cli_common import tell

EXIT_CODES = """Exit codes:

\b
  0    done
  1    the answer is "no": a recording or the gateway differs, lint found
       an error, a target is not met, an alarm, a required part is broken
  2    bad input; one line on standard error says what and where
  130  stopped by Ctrl-C; what was done until then is kept

Every command takes --json: one object on standard output and nothing else.
A file that begins with bundled: (bundled:prompts.csv) comes with routelab."""

app = typer.Typer(
    name="routelab",
    help="A laboratory for LLM model routing: compare, simulate on your own traffic, export.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# The order is that of the help: first steps, the loop, then its questions.
app.add_typer(_cli_demo.app)
app.add_typer(_cli_doctor.app)
app.add_typer(_cli_lab.app)
app.add_typer(_cli_read.app)
app.add_typer(_cli_data.app)
app.add_typer(_cli_labels.app)
app.add_typer(_cli_compare.app)
app.add_typer(_cli_train.app)
app.add_typer(_cli_route.app)
app.add_typer(_cli_serve.app)
app.add_typer(_cli_calibrate.app)
app.add_typer(_cli_simulate.app)
app.add_typer(_cli_answers.app)
app.add_typer(_cli_verify.app)
app.add_typer(_cli_export.app)
app.add_typer(_cli_prove.app)
app.add_typer(_cli_schema.app)
app.add_typer(_cli_lint.app)
app.add_typer(_cli_gateway.app)
app.add_typer(_cli_drift.app)
app.add_typer(_cli_off_policy.app)
app.add_typer(_cli_ab.app, name="ab")


def main() -> None:
    """Run the command line; what fails on purpose is one line on standard error, exit code 2."""
    try:
        app(args=with_paths(sys.argv[1:]), prog_name="routelab")
    except RoutelabError as error:
        tell(f"routelab: {error}")
        sys.exit(2)
    except KeyboardInterrupt:
        tell("routelab: stopped")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno is None:  # no answer of the operating system: a fault of the program
            raise
        tell(f"routelab: {file_trouble(error)}")
        sys.exit(2)


def file_trouble(error: OSError) -> str:
    """Return one line on a file or folder that the operating system refuses.

    What is written goes to ``.NAME.`` and eight letters first; the line names what was asked for.

    Examples
    --------
    >>> file_trouble(PermissionError(13, "Permission denied", "out/.x.csv.ab12_xyz"))
    "'out/x.csv' cannot be read or written: Permission denied"
    >>> file_trouble(FileExistsError(17, "File exists", "notes.txt"))
    "'notes.txt' cannot be read or written: a file is where a folder is needed"
    """
    in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
    why = "a file is where a folder is needed" if in_the_way else error.strerror
    named = error.filename2 or error.filename
    if named is None:
        return f"the operating system says: {why}"
    folder, name = os.path.split(os.fsdecode(named))
    asked = re.sub(r"^\.(.+)\.[a-z0-9_]{8}$", r"\1", name)
    return f"{os.path.join(folder, asked)!r} cannot be read or written: {why}"


def with_paths(arguments: Iterable[str]) -> list[str]:
    """Return the arguments with paths for those that name a bundled file, or begin with ``~/``.

    Shells leave ``~`` as it is in quotes and behind ``--out=``.

    Examples
    --------
    >>> with_paths(["read", "my.csv"])
    ['read', 'my.csv']
    """
    found = []
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if option.startswith("--") and equals:
            found.append(f"{option}={_path(value)}")
        else:
            found.append(_path(argument))
    return found


def _path(text: str) -> str:
    from routelab.datasets import resolve_bundled

    if text.startswith("bundled:"):
        return str(resolve_bundled(text))
    return os.path.expanduser(text) if text.startswith("~/") else text
