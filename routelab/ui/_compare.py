"""Turn a comparison over, or make one: the function that returns the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.evaluate import Comparison
from routelab.plan import Plan
from routelab.ui._compare_panel import ComparePanel
from routelab.ui._compare_setup import ENCODERS, Setup
from routelab.ui._inputs import as_plan, as_traffic, noted
from routelab.ui._session import Session


def compare(
    comparison: Comparison | None = None,
    *,
    routers: Mapping[str, Any] | Sequence[str] | None = None,
    labels: pd.DataFrame | None = None,
    encoders: Sequence[str] = ENCODERS,
    cv: int = 5,
    n_boot: int = 500,
    seed: int = 0,
    plan: Plan | str | PathLike[str] | None = None,
    traffic: pd.DataFrame | str | PathLike[str] | None = None,
    prices: Mapping[str, float] | None = None,
    show_prompts: bool = False,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ComparePanel:
    """Return a panel that turns a comparison over, or makes one of what you choose.

    Parameters
    ----------
    comparison : Comparison, optional
        From :func:`routelab.compare`. Without it, one is made of `routers` and `labels`.
    routers : list of router kinds, or mapping of str to kind or estimator, optional
        To choose from. Estimators keep the encoder that they have.
    labels : DataFrame, optional
        A column `prompt`; each other column of 2 to 200 classes can be chosen as the label. The
        panel reads other tables too, by path or upload (:func:`routelab.read_labels`).
    encoders : sequence of str, default ("tfidf", "hashing")
        To choose from; the first is the one to begin with.
    cv, n_boot, seed : int
        For :func:`routelab.compare`.
    plan, traffic : Plan and DataFrame, or their paths, optional
        Together they price the answers to labels: the mean cost of the logged requests on the
        first model that the plan gives to each answer, and on its default group where there is no
        answer. USD per day is the mean price over the judged prompts, times the requests per day.
        It leaves out rules, budgets and failures; :func:`routelab.ui.budget` has these. Where the
        labels lead to several groups, the panel also draws quality over cost. Quality is the share
        of prompts that are served as their labels ask: by the label's group or, where labels are
        levels such as low and high, by that of a higher level.
    prices : mapping of str to float, optional
        USD per request by answer, in place of a plan. What is not answered costs as the dearest.
    show_prompts : bool, default False
        Whether the list of errors shows the prompts, and can be searched; else their lengths.
    session : Session, optional
        Shared with other panels, and kept in a file. A router chosen here is its router; one that
        goes by the name of its kind, that is, or was given as a kind.
    files : mapping of str to path, optional
        Where `comparison` is saved (:meth:`routelab.Comparison.save`), or `labels`, `plan` and
        `traffic` came from, for "Copy as code".

    Returns
    -------
    ComparePanel
        ``panel.result`` holds the figures shown, ``panel.comparison`` the comparison.

    Examples
    --------
    >>> import routelab as rl
    >>> frame = pd.DataFrame({"prompt": ["sort a list", "fix a loop", "poem on rain", "a poem"] * 2,
    ...                       "label": ["code", "code", "art", "art"] * 2})
    >>> panel = compare(rl.compare(["centroid"], frame, cv=2, n_boot=200))
    >>> list(panel.result)
    ['accuracy', 'accuracy low', 'accuracy high', 'answered', 'accuracy of answers']
    """
    setup = None
    if comparison is None:
        if routers is None or labels is None:
            raise InputError("give a comparison, or routers= and labels= to choose from")
        setup = Setup.of(routers, labels, encoders, {"cv": cv, "n_boot": n_boot, "seed": seed})
    elif routers is not None or labels is not None:
        raise InputError("give either a comparison, or routers= and labels= to choose from")
    known = noted(files)
    return ComparePanel(
        comparison, setup, None if plan is None else as_plan(plan, known),
        None if traffic is None else as_traffic(traffic, known), prices, show_prompts,
        session=session, files=known,
    )  # fmt: skip
