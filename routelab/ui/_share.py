"""A plan for all panels: what one has found, another replays or exports."""

from __future__ import annotations

import hashlib
import os

from routelab.plan import Plan
from routelab.privacy import redact
from routelab.ui._choices import PlanChoice
from routelab.ui._export_plan import plan_text
from routelab.ui._files import PLAN_SUFFIX
from routelab.ui._session import Session


def choice_of(session: Session, plan: Plan) -> PlanChoice:
    """Return a plan as a choice for all panels, and write the file that some of them need.

    Panels of this kernel get the object. Those of other notebooks read a file beside the session's:
    there is none without a session's file, for a router that no file can train again, and for a
    plan with what looks like a secret or an address.
    """
    text = plan_text(plan)
    path = None
    trained = plan.router is None or plan.router.labels is not None
    if session.path is not None and trained and redact(text) == text:
        path = os.fspath(session.path.with_suffix(PLAN_SUFFIX))
        plan.to_yaml(path)
    return PlanChoice(plan.name, path, hashlib.sha256(text.encode()).hexdigest()[:12])


def shared(session: Session, choice: PlanChoice) -> str:
    """Return who has a plan now that was given to all panels.

    Examples
    --------
    >>> shared(Session(), PlanChoice("team"))
    'The other panels have the plan with these settings now.'
    """
    if choice.path is not None or session.path is None:  # a session without a file is of one kernel
        return "The other panels have the plan with these settings now."
    return (
        "The panels here have the plan with these settings now. It has no file: those of other "
        "notebooks and pages do not have it."
    )
