"""A plan decided inside the proxy, by routelab itself: for routers without a form of their own.

The plugin of such a plan imports this. What decides is the plan of the bundle beside it, by the
same :func:`routelab.decide.decide` that the replay uses.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.decide import decide, one_request, route_prompts
from routelab.exporters.bundle import file_digest, load_bundle
from routelab.exporters.standalone.runtime import Decision, last_user_text
from routelab.plan import Plan

__all__ = ["Decider", "Decision", "last_user_text", "load"]


class Decider:
    """Decides single requests by a plan.

    Parameters
    ----------
    plan : Plan
        With its router fitted.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini", "big": "gpt-4o"}, default="big",
    ...             rules=[{"model": "cheap", "tiers": ["free"]}])
    >>> Decider(plan).decide(text="hello", tier="free")
    Decision(group='cheap', route=None, routed_by='rule', arm=None)
    """

    quick = False  # scikit-learn takes milliseconds, an embedding tens of them

    def __init__(self, plan: Plan):
        self.plan = plan.fitted().replace(decision_cache=None)

    def route(self, text: str) -> str | None:
        """Return the router's label for a prompt, None where it abstains."""
        label: str | None = route_prompts(self.plan, [text])[0]
        return label

    def decide(
        self,
        *,
        text: str | None,
        model: str | None = None,
        user: str | None = None,
        session_id: str | None = None,
        request_id: str | None = None,
        tier: str | None = None,
        input_tokens: float | None = None,
        now: Any = None,
    ) -> Decision:
        """Return the decision on one request.

        Parameters
        ----------
        text : str or None
            The newest text of the user.
        model, user, session_id, request_id, tier : str, optional
            As a log would have them; a request without an id gets one of its own.
        input_tokens : float, optional
        now : timestamp, optional
            When the request came, which tells the step of a ramp; the present by default.
        """
        frame = one_request(
            prompt=text,
            model=model,
            user=user,
            session_id=session_id,
            request_id=request_id or uuid.uuid4().hex,
            tier=tier,
            input_tokens=input_tokens,
            timestamp=now,
        )
        made = decide(self.plan, frame).iloc[0]
        route, arm = (None if pd.isna(made[name]) else str(made[name]) for name in ("route", "arm"))
        return Decision(str(made["group"]), route, str(made["routed_by"]), arm)


def load(path: str | os.PathLike[str], sha256: str | None = None) -> Decider:
    """Return a decider for the plan of a bundle.

    Raises
    ------
    InputError
        The bundle cannot be read, has another checksum than `sha256`, or holds no plan.
    """
    if sha256 is not None and file_digest(Path(path)) != sha256:
        raise InputError(f"the bundle {str(path)!r} was changed: its SHA-256 is not {sha256}")
    plan = load_bundle(path).plan
    if plan is None:
        raise InputError(f"the bundle {str(path)!r} holds no plan")
    return Decider(plan)
