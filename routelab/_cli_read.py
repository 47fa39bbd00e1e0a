"""The command ``read``: streams logs, reads the rest whole, writes the profile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from routelab._checks import InputError, atomic_file
from routelab._cli_common import Json, examples, progress_bar, say
from routelab._cli_inputs import file_argument

if TYPE_CHECKING:
    import pandas as pd

    from routelab.read_any import Read
    from routelab.reading.report import Report

app = typer.Typer()

PARQUET, CSV, YAML = (".parquet",), (".csv",), (".yaml", ".yml")


@app.command(
    epilog=examples(
        "routelab read bundled:traffic.parquet",
        "routelab read 'logs/*.jsonl.gz' --out traffic.parquet --rejects bad.txt",
        "routelab read log.csv --columns names.yaml --profile profile.html",
    )
)
def read(
    file: Annotated[list[Path], file_argument("Files, folders or patterns of one kind")],
    out: Annotated[
        Path | None,
        typer.Option(help="Parquet for traffic; CSV for labels, outages, decisions; YAML: prices."),
    ] = None,
    format: Annotated[str | None, typer.Option(help="Log format, when detection fails.")] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML: our names to the file's names.")
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="File for rejected rows, verbatim.")] = None,
    profile: Annotated[Path | None, typer.Option(help="HTML page with pictures.")] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Take secrets out of prompts.")] = False,
    hash_users_salt_env: Annotated[
        str | None, typer.Option(help="Environment variable with a salt: hash users, sessions.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read any file of data, and say what was found in it.

    Logs, outcomes, labels, outages, prices.
    """
    request = Request(
        list(file), out, format, columns, rejects, profile, redact, hash_users_salt_env
    )
    report, kind = run(request)
    text = f"kind       {kind}\n{report}"
    text += "".join(f"\nwrote {path}" for path in (out, profile) if path is not None)
    say(text, {**report.to_dict(), "out": out, "profile": profile}, as_json)


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    files: list[Path]
    out: Path | None = None
    format: str | None = None
    columns: Path | None = None
    rejects: Path | None = None
    profile: Path | None = None
    redact: bool = False
    salt_variable: str | None = None

    @property
    def private(self) -> bool:
        """Whether something is taken out of the log."""
        return self.redact or self.salt_variable is not None


def run(request: Request) -> tuple[Report, str]:
    """Read, write what was asked for, and return the report and the kind."""
    import pandas as pd

    from routelab.read_any import Read
    from routelab.read_any import read as read_any
    from routelab.reading.report import Report
    from routelab.report.profile import write_profile

    if request.private and request.out is None:
        raise InputError("--redact and --hash-users-salt-env change what --out writes: name it")
    if request.private and request.rejects is not None:
        raise InputError(
            "--rejects keeps rows verbatim, with what --redact and --hash-users-salt-env take out"
        )
    found: Read | Report
    forced = request.format is not None or request.columns is not None
    if forced or request.private or _is_log(request.files):
        found = _log(request)
    else:
        found = read_any(request.files)
        if request.rejects is not None:
            found.report.write_rejects(request.rejects)
        if request.out is not None:
            _write(found, request.out)
    if request.profile is not None:
        name = ", ".join(path.name for path in request.files[:3])
        if isinstance(found, Report):
            assert request.out is not None
            found = Read("traffic", pd.read_parquet(request.out), found)
        write_profile(request.profile, found, name=name)
    return (found, "traffic") if isinstance(found, Report) else (found.report, found.kind)


def _is_log(files: list[Path]) -> bool:
    from routelab.read_any import kind_of
    from routelab.reading.paths import find_files

    for name, named in find_files(files, "file"):
        try:
            return kind_of(name) == "traffic"
        except InputError:
            if named:
                raise
    return False


def _log(request: Request) -> Read | Report:
    from routelab.privacy import hash_ids, redact_traffic, salt_from_env
    from routelab.read_any import Read
    from routelab.traffic import convert_log, read_log

    show = progress_bar("read")
    if request.out is None:
        read = read_log(request.files, request.format, request.columns, progress=show)
        if request.rejects is not None:
            read.report.write_rejects(request.rejects)
        return Read("traffic", read.frame, read.report)
    _check_name(request.out, "traffic", PARQUET)
    salt = None if request.salt_variable is None else salt_from_env(request.salt_variable)

    def clean(frame: pd.DataFrame) -> pd.DataFrame:
        if request.redact:
            frame, _ = redact_traffic(frame)
        return frame if salt is None else hash_ids(frame, salt)

    return convert_log(
        request.files, request.out, request.format, request.columns, rejects=request.rejects,
        clean=clean if request.private else None, progress=show,
    )  # fmt: skip


def _write(found: Read, out: Path) -> None:
    import pandas as pd

    from routelab.catalog import Catalog
    from routelab.outcomes import OutcomeTable

    data = found.data
    if isinstance(data, Catalog):
        _check_name(out, found.kind, YAML)
        data.to_yaml(out)
        return
    frame = data.to_frame() if isinstance(data, OutcomeTable) else data
    if not isinstance(frame, pd.DataFrame):
        raise InputError("names are not written to --out")
    _check_name(out, found.kind, CSV)
    with atomic_file(out) as temporary:
        frame.to_csv(temporary, index=False)


def _check_name(out: Path, kind: str, endings: tuple[str, ...]) -> None:
    """Refuse a name that says another format than what is written: nobody could read it."""
    if out.suffix.lower() not in endings:
        allowed = " or ".join(endings)
        raise InputError(
            f"--out: what was read ({kind}) goes to a file that ends in {allowed}, got {str(out)!r}"
        )
