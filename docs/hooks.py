"""What mkdocs adds to the pages: the help of every command, and the pictures of the README.

And what it takes away: HTML. A page, a docstring or a command's help may quote a prompt, which is
hostile text: so what looks like a tag is shown as it was typed, and no link runs a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer
from markdown import Extension, Markdown
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from routelab import cli

PICTURES = Path(__file__).resolve().parents[1] / "notebooks" / "images"
WIDTH = 80  # what the column of text has room for
# Docstrings are written in reStructuredText; its roles and tables are no Markdown.
ROLE = re.compile(r":(?:attr|class|data|func|math|meth|mod):(?=<code)")
TABLE = re.compile(r"<p>(=+ +=[= ]*\n.*?=)</p>", re.DOTALL)
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LINK = re.compile(r'\s(?:href|src)="([^"]*)"')
SCHEMES = ("", "http", "https", "mailto")
HEAD = """# Command line

What `routelab COMMAND --help` prints, for every command.
`routelab --install-completion` completes commands and options in your shell.

"""


class NoHtml(Extension):
    """Tags in Markdown are text."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Take out the two parts of Markdown that let tags through."""
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")


def on_config(config: Any) -> Any:
    """Read all pages and docstrings without HTML."""
    config.markdown_extensions.append(NoHtml())
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the generated page and the pictures, which `tools/make_pictures.py` makes."""
    for path in sorted(PICTURES.glob("*.png")):
        picture = File.generated(config, f"images/{path.name}", abs_src_path=str(path))
        files.append(picture)
    page = HEAD + "\n".join(sections(typer.main.get_command(cli.app), "routelab", None))
    files.append(File.generated(config, "reference/cli.md", content=page))
    return files


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Take the roles out of docstrings, show their tables and hidden characters, refuse programs.

    Raises
    ------
    PluginError
        For a link that is no address but a program, such as ``javascript:``.
    """
    for link in map(unescape, LINK.findall(html)):
        if urlsplit(link).scheme not in SCHEMES:
            where, allowed = page.file.src_uri, "pages, http, https, mailto"
            raise PluginError(f"{where}: a link to {link[:60]!r}; allowed are {allowed}")
    told = TABLE.sub(r"<pre><code>\1</code></pre>", ROLE.sub("", html))
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", told)


def sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    """Yield one section per command: its help as it is printed."""
    context = command.context_class(
        command, info_name=name, parent=parent, max_content_width=WIDTH, terminal_width=WIDTH
    )
    told = command.get_help(context)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", told) or [""]))
    yield f"## {context.command_path}\n\n{fence}text\n{told}\n{fence}\n"
    for child, one in getattr(command, "commands", {}).items():
        yield from sections(one, child, context)
