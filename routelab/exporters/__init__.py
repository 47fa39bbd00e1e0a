"""From a plan to what a gateway reads, to a bundle on disk, and a check of gateway configs.

One file per target; a new one registers itself in `TARGETS`.
"""

from routelab.exporters._base import TARGETS, ExportResult, export
from routelab.exporters.bundle import Bundle, BundleVersionWarning, load_bundle, save_bundle
from routelab.exporters.lint import Finding, lint, lint_checks
from routelab.exporters.sarif import to_sarif

__all__ = [
    "TARGETS",
    "Bundle",
    "BundleVersionWarning",
    "ExportResult",
    "Finding",
    "export",
    "lint",
    "lint_checks",
    "load_bundle",
    "save_bundle",
    "to_sarif",
]
