"""Labels for prompts: by hand, by a judge, and how many are needed."""

from __future__ import annotations

from routelab.labelling.agreement import agreement, cohen_kappa, krippendorff_alpha
from routelab.labelling.session import LabelSession

__all__ = ["LabelSession", "agreement", "cohen_kappa", "krippendorff_alpha"]
