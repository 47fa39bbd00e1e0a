"""What an A/B test found, with the test that fits the outcome and the unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.evaluate.bootstrap import holm
from routelab.experiments._arms import Moments, against_control, moments
from routelab.experiments._units import collect
from routelab.experiments.result import SplitResult
from routelab.experiments.sample_ratio import sample_ratio
from routelab.experiments.sequence import tuning

KINDS = ("binary", "continuous", "ratio")
METHODS = ("fixed", "sequential")


def analyse_split(
    frame: pd.DataFrame,
    metric: str,
    *,
    unit: str | None = None,
    arm: str = "arm",
    control: str | None = None,
    kind: Literal["binary", "continuous", "ratio"] = "continuous",
    denominator: str | None = None,
    alpha: float = 0.05,
    method: Literal["fixed", "sequential"] = "fixed",
    tuned_for: int = 10_000,
    expected_shares: Mapping[str, float] | None = None,
) -> SplitResult:
    """Compare the arms of a split with its control.

    =============================  ================================================================
    outcome                        interval of the difference, and p value
    =============================  ================================================================
    binary, without `unit`         Newcombe's (1998) method 10; two proportions, pooled z
    continuous, without `unit`     Welch's t
    ratio, or any with `unit`      ratio of means by the delta method over units (Deng, Knoblich and
                                   Lu 2018): requests of one unit need not be independent; t with
                                   Welch's degrees of freedom
    any, ``method="sequential"``   asymptotic confidence sequence and always-valid p value
                                   (:mod:`routelab.experiments.sequence`)
    =============================  ================================================================

    The relative difference has Fieller's interval in each case.

    Parameters
    ----------
    frame : DataFrame
        One row per request, such as `Replay.decisions`. Rows without an arm are not part of the
        test; rows without an outcome are left out and counted in the notes.
    metric : str
        Column of the outcome: 0 or 1 (binary), a number (continuous), USD or tokens (ratio).
    unit : str, optional
        Column of the unit that the split was made by, such as the user. Without it every request
        is taken as independent, which is right for a split by request only.
    arm : str, default "arm"
        Column of the arm.
    control : str, optional
        The arm that the others are compared with; the one called "control" by default.
    kind : {"continuous", "binary", "ratio"}
    denominator : str, optional
        For a ratio: column whose sum divides the sum of the metric, such as tokens; by default
        the number of requests, so that the ratio of cost is the cost per request.
    alpha : float, default 0.05
        Each interval has level 1 - alpha; the p values of several arms are corrected by Holm.
    method : {"fixed", "sequential"}
        "fixed" is right for one look, at the sample size that was planned. "sequential" allows a
        look every day, and to stop when one likes. It is proved for units that are complete when
        they are first counted, such as sessions.
    tuned_for : int, default 10,000
        Units of an arm and the control, together, after which the sequence is narrowest. Choose it
        before the first look (`SplitPlan.tuned_for`) and keep it.
    expected_shares : mapping of str to float, optional
        Share of each arm, to test for a sample ratio mismatch.

    Returns
    -------
    SplitResult

    Raises
    ------
    InputError
        Fewer than two arms, fewer than two units in an arm, no such column or control, units in two
        arms, an outcome that does not vary.

    Examples
    --------
    >>> frame = pd.DataFrame({"arm": ["control", "new"] * 200, "user": [i // 2 for i in range(400)],
    ...                       "cost_usd": [0.02, 0.01, 0.03, 0.02] * 100})
    >>> frame["user"] = frame["arm"] + frame["user"].astype(str)
    >>> result = analyse_split(frame, "cost_usd", kind="ratio", unit="user")
    >>> row = result.to_frame().iloc[0]
    >>> round(float(row["difference"]), 6), round(float(row["relative"]), 3), int(row["units"])
    (-0.01, -0.4, 200)
    """
    _check_arguments(kind, method, alpha, tuned_for, denominator)
    binary = kind == "binary"
    found = collect(frame, metric, arm=arm, unit=unit, denominator=denominator, binary=binary)
    base = _control(control, list(found.arms), arm)
    ratio = None if expected_shares is None else sample_ratio(found.assigned, expected_shares)
    proportion = binary and unit is None
    stats = {n: moments(n, sums, proportion=proportion) for n, sums in found.arms.items()}
    rho2 = tuning(tuned_for, alpha) if method == "sequential" else None
    others = [name for name in stats if name != base]
    for name in others:
        _check_variance(name, stats[name], stats[base], metric)
    rows = [
        against_control(stats[n], stats[base], alpha=alpha, proportion=proportion, rho2=rho2)
        for n in others
    ]
    corrected = holm([row["p"] for row in rows])
    columns = [{"control": base, **r, "p_holm": p} for r, p in zip(rows, corrected, strict=True)]
    table = pd.DataFrame(columns, index=pd.Index(others, name="arm"))
    notes = list(found.notes)
    if unit is None:
        notes.append("every request counts as independent: name the unit if the split is by user")
    return SplitResult(
        table=table,
        metric=metric,
        kind=kind,
        unit=unit,
        denominator=denominator,
        method=method,
        alpha=alpha,
        tuned_for=tuned_for if method == "sequential" else None,
        sample_ratio=ratio,
        notes=tuple(notes),
    )


def _check_arguments(
    kind: str, method: str, alpha: float, tuned_for: float, denominator: str | None
) -> None:
    if kind not in KINDS:
        raise InputError(f"'kind' must be {', '.join(KINDS)}, got {kind!r}")
    if method not in METHODS:
        raise InputError(f"'method' must be {', '.join(METHODS)}, got {method!r}")
    if not 0 < alpha < 1:
        raise InputError(f"'alpha' must be between 0 and 1, got {alpha!r}")
    if not tuned_for > 0:
        raise InputError(f"'tuned_for' must be above 0 units, got {tuned_for!r}")
    if denominator is not None and kind != "ratio":
        raise InputError(f"a denominator ({denominator!r}) needs kind='ratio', got {kind!r}")


def _control(control: str | None, names: list[str], column: str) -> str:
    if len(names) < 2:
        raise InputError(
            f"a comparison needs two arms, column {column!r} holds {', '.join(names) or 'none'}"
        )
    wanted = "control" if control is None else control
    if wanted not in names:
        raise InputError(
            f"no request is in the control {wanted!r}{did_you_mean(wanted, names)}; "
            f"'control' must be one of {', '.join(names)}"
        )
    return wanted


def _check_variance(name: str, arm: Moments, control: Moments, metric: str) -> None:
    scale = max(abs(arm.estimate), abs(control.estimate))
    if arm.variance + control.variance <= (1e-12 * scale) ** 2:  # rounding is no variation
        raise InputError(
            f"{metric!r} does not vary in arm {name!r} and in the control "
            f"({arm.estimate:g} and {control.estimate:g}): there is nothing to test"
        )
