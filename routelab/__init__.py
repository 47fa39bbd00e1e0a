"""routelab: a laboratory for LLM model routing.

Bring the logs of an LLM gateway and a few labels; leave with a routing plan that was compared,
simulated on your own traffic, and exported. Names are loaded when first used, so that the import is
light and no optional package is needed for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Assumptions": "routelab.fits",
    "Calibration": "routelab.evaluate",
    "Catalog": "routelab.catalog",
    "Change": "routelab.forecasting",
    "Comparison": "routelab.evaluate",
    "CostThresholds": "routelab.routers",
    "DriftReport": "routelab.watching",
    "Forecast": "routelab.forecasting",
    "GatewayFit": "routelab.gateway_fit",
    "InputError": "routelab._checks",
    "LabelSession": "routelab.labelling",
    "Model": "routelab.catalog",
    "OffPolicyResult": "routelab.off_policy",
    "OutcomeTable": "routelab.outcomes",
    "Plan": "routelab.plan",
    "Proof": "routelab.proving",
    "Regret": "routelab.forecasting",
    "Replay": "routelab.simulation",
    "RouteThresholds": "routelab.routers",
    "RoutelabError": "routelab._checks",
    "SplitLedger": "routelab.evaluate",
    "SplitPlan": "routelab.experiments",
    "SplitResult": "routelab.experiments",
    "TargetRefused": "routelab.evaluate",
    "WhatIf": "routelab.forecasting",
    "adapt": "routelab.encoders",
    "analyse_split": "routelab.experiments",
    "calibrate": "routelab.evaluate",
    "compare": "routelab.evaluate",
    "convert_log": "routelab.traffic",
    "create_app": "routelab.serving",
    "diff_prices": "routelab.prices",
    "drift": "routelab.watching",
    "duplicate_groups": "routelab.evaluate",
    "evaluate_policy": "routelab.off_policy",
    "explain": "routelab.routers",
    "export": "routelab.exporters",
    "fit_failures": "routelab.fits",
    "fit_heuristic": "routelab.gateway_fit",
    "fit_latency": "routelab.fits",
    "fit_table": "routelab.gateway_fit",
    "fit_verbosity": "routelab.fits",
    "forecast": "routelab.forecasting",
    "hash_ids": "routelab.privacy",
    "judge_error": "routelab.evaluate",
    "judge_labels": "routelab.labelling",
    "judge_pairwise": "routelab.labelling",
    "judge_scalar": "routelab.labelling",
    "levels_from_outcomes": "routelab.levels",
    "load_bundle": "routelab.exporters",
    "load_labels": "routelab.labels",
    "load_outages": "routelab.outages",
    "load_prices": "routelab.prices",
    "make_encoder": "routelab.encoders",
    "make_router": "routelab.routers",
    "near_duplicates": "routelab.evaluate",
    "outages_from_log": "routelab.fits",
    "plan_labels": "routelab.labelling",
    "plan_split": "routelab.experiments",
    "prove": "routelab.proving",
    "read": "routelab.read_any",
    "read_decisions": "routelab.outcomes",
    "read_labels": "routelab.labels",
    "read_log": "routelab.traffic",
    "read_outages": "routelab.outages",
    "read_outcomes": "routelab.outcomes",
    "read_prices": "routelab.prices",
    "redact": "routelab.privacy",
    "redact_traffic": "routelab.privacy",
    "regret": "routelab.forecasting",
    "save_bundle": "routelab.exporters",
    "savings": "routelab.forecasting",
    "serving_costs": "routelab.routers",
    "simulate": "routelab.simulation",
    "simulate_file": "routelab.simulation",
    "split_propensities": "routelab.off_policy",
    "sweep": "routelab.sweeps",
    "tune": "routelab.sweeps",
    "what_if": "routelab.forecasting",
}

__all__ = [
    "Assumptions",
    "Calibration",
    "Catalog",
    "Change",
    "Comparison",
    "CostThresholds",
    "DriftReport",
    "Forecast",
    "GatewayFit",
    "InputError",
    "LabelSession",
    "Model",
    "OffPolicyResult",
    "OutcomeTable",
    "Plan",
    "Proof",
    "Regret",
    "Replay",
    "RouteThresholds",
    "RoutelabError",
    "SplitLedger",
    "SplitPlan",
    "SplitResult",
    "TargetRefused",
    "WhatIf",
    "adapt",
    "analyse_split",
    "calibrate",
    "compare",
    "convert_log",
    "create_app",
    "diff_prices",
    "drift",
    "duplicate_groups",
    "evaluate_policy",
    "explain",
    "export",
    "fit_failures",
    "fit_heuristic",
    "fit_latency",
    "fit_table",
    "fit_verbosity",
    "forecast",
    "hash_ids",
    "judge_error",
    "judge_labels",
    "judge_pairwise",
    "judge_scalar",
    "levels_from_outcomes",
    "load_bundle",
    "load_labels",
    "load_outages",
    "load_prices",
    "make_encoder",
    "make_router",
    "near_duplicates",
    "outages_from_log",
    "plan_labels",
    "plan_split",
    "prove",
    "read",
    "read_decisions",
    "read_labels",
    "read_log",
    "read_outages",
    "read_outcomes",
    "read_prices",
    "redact",
    "redact_traffic",
    "regret",
    "save_bundle",
    "savings",
    "serving_costs",
    "simulate",
    "simulate_file",
    "split_propensities",
    "sweep",
    "tune",
    "what_if",
]

if TYPE_CHECKING:
    from routelab._checks import InputError, RoutelabError
    from routelab.catalog import Catalog, Model
    from routelab.encoders import adapt, make_encoder
    from routelab.evaluate import (
        Calibration,
        Comparison,
        SplitLedger,
        TargetRefused,
        duplicate_groups,
        judge_error,
        near_duplicates,
    )
    from routelab.evaluate.calibrate import calibrate
    from routelab.evaluate.compare import compare
    from routelab.experiments import SplitPlan, SplitResult, analyse_split, plan_split
    from routelab.exporters import export, load_bundle, save_bundle
    from routelab.fits import (
        Assumptions,
        fit_failures,
        fit_latency,
        fit_verbosity,
        outages_from_log,
    )
    from routelab.forecasting import (
        Change,
        Forecast,
        Regret,
        WhatIf,
        forecast,
        regret,
        savings,
        what_if,
    )
    from routelab.gateway_fit import GatewayFit, fit_heuristic, fit_table
    from routelab.labelling import (
        LabelSession,
        judge_labels,
        judge_pairwise,
        judge_scalar,
        plan_labels,
    )
    from routelab.labels import load_labels, read_labels
    from routelab.levels import levels_from_outcomes
    from routelab.off_policy import OffPolicyResult, evaluate_policy, split_propensities
    from routelab.outages import load_outages, read_outages
    from routelab.outcomes import OutcomeTable, read_decisions, read_outcomes
    from routelab.plan import Plan
    from routelab.prices import diff_prices, load_prices, read_prices
    from routelab.privacy import hash_ids, redact, redact_traffic
    from routelab.proving import Proof
    from routelab.proving.prove import prove
    from routelab.read_any import read
    from routelab.routers import (
        CostThresholds,
        RouteThresholds,
        explain,
        make_router,
        serving_costs,
    )
    from routelab.serving import create_app
    from routelab.simulation import Replay, simulate, simulate_file
    from routelab.sweeps import sweep, tune
    from routelab.traffic import convert_log, read_log
    from routelab.watching import DriftReport, drift


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'routelab' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
