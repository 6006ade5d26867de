"""Documents on paper: HTML to PDF, with nothing fetched from anywhere."""

from __future__ import annotations

from typing import Any, NoReturn

PAPER = """
@page { size: A4; margin: 22mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }
body { font: 10pt/1.45 "DejaVu Sans", sans-serif; color: #14181d; }
h1 { font-size: 17pt; line-height: 1.2; } h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 8pt; } tr { break-inside: avoid; }
th, td { border: 0.3pt solid #8a94a0; padding: 1.2mm 1.6mm; text-align: left; vertical-align: top; }
thead { display: table-header-group; } th { background: #eef1f4; } p { margin: 0 0 2mm; }
ul { margin: 0 0 2mm; padding-left: 5mm; }
"""


def pdf(html: str) -> bytes:
    """A page as PDF. Whatever the page wants from elsewhere is refused."""
    from weasyprint import CSS, HTML  # noqa: PLC0415  takes its time to load, and few ask for paper

    written: Any = HTML(string=html, url_fetcher=_refuse).write_pdf(stylesheets=[CSS(string=PAPER)])
    return bytes(written)


def _refuse(url: str, *_more: object, **_named: object) -> NoReturn:
    raise ValueError(f"documents fetch nothing: {url[:100]}")
