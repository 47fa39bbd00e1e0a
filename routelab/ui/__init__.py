"""Live panels for notebooks: a function per panel, each returns a widget with a static picture."""

from routelab.ui._base import Panel
from routelab.ui._budget import BudgetPanel, budget
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._choices import PlanChoice, RouterChoice
from routelab.ui._compare import compare
from routelab.ui._compare_config import CompareConfig
from routelab.ui._compare_panel import ComparePanel
from routelab.ui._explore import explore
from routelab.ui._explore_config import ExploreConfig
from routelab.ui._explore_panel import ExplorePanel
from routelab.ui._export import ExportPanel, export
from routelab.ui._export_config import ExportConfig
from routelab.ui._label import LabelConfig, LabelPanel, label
from routelab.ui._profile import ProfileConfig, ProfilePanel, profile
from routelab.ui._session import Session
from routelab.ui._watch import WatchConfig, WatchPanel, watch

__all__ = [
    "BudgetConfig",
    "BudgetPanel",
    "CompareConfig",
    "ComparePanel",
    "ExploreConfig",
    "ExplorePanel",
    "ExportConfig",
    "ExportPanel",
    "LabelConfig",
    "LabelPanel",
    "Panel",
    "PlanChoice",
    "ProfileConfig",
    "ProfilePanel",
    "RouterChoice",
    "Session",
    "WatchConfig",
    "WatchPanel",
    "budget",
    "compare",
    "explore",
    "export",
    "label",
    "profile",
    "watch",
]
