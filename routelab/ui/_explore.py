"""What does each router say about this prompt: the function that returns the panel."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan
from routelab.ui._explore_panel import ExplorePanel
from routelab.ui._inputs import as_plan, noted
from routelab.ui._session import Session


def explore(
    routers: Mapping[str, Any],
    prompts: Any,
    *,
    plan: Plan | str | PathLike[str] | None = None,
    labels: pd.DataFrame | None = None,
    show_prompts: bool = False,
    add_to: str | PathLike[str] | None = None,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ExplorePanel:
    """Return a panel that asks fitted routers about a prompt that you pick or type.

    Parameters
    ----------
    routers : dict of str to fitted estimator
    prompts : DataFrame with a column `prompt`, or sequence of str
        To pick from; at most 60 are listed, evenly spread. Where there is a column `label`, the
        panel says which routers are right. They are also drawn as a map, the
        encoder's vectors of the first router that has one in two dimensions, where there are four
        or more; of more than 2,000 a random sample. That is computed once, before the panel shows.
    plan : Plan, or path of one, optional
        With it, answers become model groups and costs are those of the plan's models; without,
        models are taken from the bundled catalog.
    labels : DataFrame with columns `prompt` and `label`, optional
        Examples. Beside the answers of routers that compare with examples (kinds "knn" and
        "centroid") the nearest of them stand as the reason, with their cosine; for the others the
        terms that pushed the answer do (:func:`routelab.routers.explain`; where words are left out
        in turn, the first 40).
    show_prompts : bool, default False
        Whether the texts to pick from, their words and the examples are shown; without it, their
        lengths are. Logged prompts are
        other people's words. What you type is always shown.
    add_to : path, optional
        ``.jsonl`` file of labels. With it, a button or a key (1 to 9) per route adds the prompt and
        its right route, and u takes the last one back; nothing is written without it. Needs the
        extra `lab`.
    session : Session, optional
        Shared with other panels, and kept in a file; prompts are not kept.
    files : mapping of str to path, optional
        Where `prompts`, `plan` and the bundle of each router came from, for "Copy as code".

    Returns
    -------
    ExplorePanel
        ``panel.config.prompt`` is the prompt, ``panel.result`` what was said about it.
        ``panel.edit`` adds and removes examples of routers that need no fit for it, and sends
        routes to other groups; ``panel.result.flips`` lists the loaded prompts that flip.

    Examples
    --------
    >>> from routelab import make_router
    >>> router = make_router("centroid").fit(["sort a list", "a poem"], ["code", "art"])
    >>> explore({"centroid": router}, ["a poem on rain"]).result.answers
    {'centroid': 'art'}
    """
    from_files = noted(files)
    used = None if plan is None else as_plan(plan, from_files)
    known = None
    if isinstance(prompts, pd.DataFrame):
        if "prompt" not in prompts:
            raise InputError(
                f"prompts has no column 'prompt', only {', '.join(map(str, prompts.columns))}"
            )
        if "label" in prompts:
            given = prompts[prompts["label"].notna()]
            known = dict(zip(given["prompt"].map(str), given["label"].map(str), strict=True))
        prompts = prompts["prompt"]
    texts = [str(prompt) for prompt in prompts]
    return ExplorePanel(
        routers,
        texts,
        used,
        show_prompts,
        labels,
        add_to,
        known,
        session=session,
        files=from_files,
    )
