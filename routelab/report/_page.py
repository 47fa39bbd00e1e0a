"""The page around the sections: one file, no script, no network, light and dark."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from routelab import plots
from routelab._html import esc

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 150

CSS = """
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1f2328;--muted:#5d6673;
--line:#e3e6ea;--accent:#2f6094;--head:#f1f3f6}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--text:#e6edf3;
--muted:#9aa4b0;--line:#2d343d;--accent:#7fb2e5;--head:#1d242d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 18px 60px}
h1{font-size:1.9rem;margin:.2em 0 .1em;line-height:1.2}
h2{font-size:1.25rem;margin:0 0 .7em}
h3{font-size:1.02rem;margin:1.4em 0 .5em}
h2+h3{margin-top:.2em}
p{margin:.4em 0 .8em}
.lead,figcaption,caption,footer{color:var(--muted)}
nav{display:flex;flex-wrap:wrap;gap:.3em 1.2em;margin:.8em 0 1.4em;font-size:.95rem}
a{color:var(--accent);text-decoration:none}
a:hover,a:focus{text-decoration:underline}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:20px 22px;margin:0 0 18px}
ul,ol{margin:.3em 0;padding-left:1.25em}
li{margin:.28em 0;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(135px,1fr));gap:10px;
margin:0 0 18px}
.facts div{background:var(--head);border-radius:8px;padding:9px 12px}
.facts dt{font-size:.82rem;color:var(--muted)}
.facts dd{margin:0;font-size:1.2rem;font-weight:650}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));
gap:18px}
.wide{grid-column:1/-1}
figure{margin:0;min-width:0}
figure img{display:block;width:100%;height:auto}
figcaption{font-size:.88rem;margin-top:.35em}
.scroll{overflow-x:auto;margin:14px 0 4px}
details{margin:14px 0 4px}
summary{cursor:pointer;color:var(--accent)}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 .4em;font-size:.88rem}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{background:var(--head);font-weight:600}
td.n{white-space:nowrap}
.n{text-align:right}
pre{background:var(--head);border-radius:8px;padding:12px 14px;overflow-x:auto;font-size:.88rem;
line-height:1.5}
footer{font-size:.88rem;margin-top:22px}
@media print{section{break-inside:avoid;border:0}nav{display:none}}
"""


def page(title: str, lead: str, sections: Iterable[tuple[str, str, str]], footer: str) -> str:
    """Return the whole page.

    Parameters
    ----------
    sections : iterable of (anchor, heading, body as HTML)
    """
    parts = list(sections)
    links = "".join(f'<a href="#{esc(a)}">{esc(heading)}</a>' for a, heading, _ in parts)
    body = "".join(
        f'<section id="{esc(anchor)}"><h2>{esc(heading)}</h2>{inner}</section>'
        for anchor, heading, inner in parts
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{esc(title)}</title><style>{CSS}</style></head><body><main>"
        f'<h1>{esc(title)}</h1><p class="lead">{esc(lead)}</p><nav>{links}</nav>{body}'
        f"<footer>{esc(footer)}</footer></main></body></html>\n"
    )


def picture(
    draw: Callable[[Axes, str], object],
    alt: str,
    caption: str,
    *,
    width: float = 6.4,
    height: float = 3.3,
    wide: bool = False,
) -> str:
    """Return a figure with an inline picture for light and one for dark.

    Parameters
    ----------
    draw : callable
        Called with axes and the name of the theme.
    alt : str
        What the picture says, for readers who do not see it.
    """
    data = {}
    for theme in ("light", "dark"):
        fig, axes = plots.figure(width, height, theme=theme)
        draw(axes[0], theme)
        data[theme] = base64.b64encode(plots.png(fig, dpi=DPI)).decode()
    source = "data:image/png;base64,"
    return (
        f"<figure{' class=wide' if wide else ''}><picture>"
        f'<source media="(prefers-color-scheme: dark)" srcset="{source}{data["dark"]}">'
        f'<img src="{source}{data["light"]}" alt="{esc(alt)}" '
        f'width="{int(width * 100)}" height="{int(height * 100)}"></picture>'
        f"<figcaption>{esc(caption)}</figcaption></figure>"
    )


def facts(values: dict[str, str]) -> str:
    """Return numbers with their names as tiles."""
    tiles = "".join(f"<div><dt>{esc(k)}</dt><dd>{esc(v)}</dd></div>" for k, v in values.items())
    return f'<dl class="facts">{tiles}</dl>'


def items(lines: Iterable[str]) -> str:
    """Return a list; every line is escaped."""
    return f"<ul>{''.join(f'<li>{esc(line)}</li>' for line in lines)}</ul>"


def grouped(groups: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Return a list per heading; every line is escaped."""
    return "".join(f"<h3>{esc(heading)}</h3>{items(lines)}" for heading, lines in groups)


def scroll(table: str) -> str:
    """Return a table that scrolls sideways, by keyboard too, where it is wider than the screen."""
    return f'<div class="scroll" role="group" tabindex="0">{table}</div>'


def folded(summary: str, html: str) -> str:
    """Return something long that opens on a click."""
    return f"<details><summary>{esc(summary)}</summary>{html}</details>"
