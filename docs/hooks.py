"""What mkdocs adds to the pages: the help of every command, and the pictures of the README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from mkdocs.structure.files import File, Files

from routelab import cli

PICTURES = Path(__file__).resolve().parents[1] / "notebooks" / "images"
WIDTH = 88
# Docstrings are written in reStructuredText; its roles and tables are no Markdown.
ROLE = re.compile(r":(?:attr|class|data|func|math|meth|mod):(?=<code)")
TABLE = re.compile(r"<p>(=+ +=[= ]*\n.*?=)</p>", re.DOTALL)
HEAD = """# Command line

What `routelab COMMAND --help` prints, for every command.
`routelab --install-completion` completes commands and options in your shell.

"""


def on_files(files: Files, config: Any) -> Files:
    """Add the generated page and the pictures, which `tools/make_pictures.py` makes."""
    for path in sorted(PICTURES.glob("*.png")):
        picture = File.generated(config, f"images/{path.name}", abs_src_path=str(path))
        files.append(picture)
    page = HEAD + "\n".join(sections(typer.main.get_command(cli.app), "routelab", None))
    files.append(File.generated(config, "reference/cli.md", content=page))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """Take the roles out of docstrings, and show their tables as they were typed."""
    return TABLE.sub(r"<pre><code>\1</code></pre>", ROLE.sub("", html))


def sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    """Yield one section per command: its help as it is printed."""
    context = command.context_class(
        command, info_name=name, parent=parent, max_content_width=WIDTH, terminal_width=WIDTH
    )
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    for child, one in getattr(command, "commands", {}).items():
        yield from sections(one, child, context)
