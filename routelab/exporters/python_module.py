"""A Python module that names the model group of a request, without routelab and its libraries."""

from __future__ import annotations

from pathlib import Path

from routelab.exporters._base import TARGETS
from routelab.exporters.standalone import runtime_source, write_bundle
from routelab.plan import Plan

_TAIL = '''

_DECIDER = load(__file__.removesuffix("routelab_router.py") + "{bundle}", "{sha256}")


def route(messages: Any, **facts: Any) -> str:
    """Return the model group for OpenAI-style messages.

    Facts that rules and splits look at: `model`, `user`, `session_id`, `request_id`, `tier`,
    `input_tokens`, and `now` (a datetime with a zone; the present by default).
    """
    return _DECIDER.decide(text=last_user_text(messages), **facts).group


if __name__ == "__main__":
    for prompt in sys.argv[1:]:
        print(route([{{"role": "user", "content": prompt}}]))
'''


@TARGETS.register("python")
def write_module(plan: Plan, folder: Path) -> list[str]:
    """Write ``routelab_router.py``, which serves ``route(messages)``, and ``bundle.json``.

    Raises
    ------
    NotStandalone
        The router needs routelab where it runs; the message names the part.
    """
    sha256 = write_bundle(plan, folder)
    source = runtime_source() + _TAIL.format(bundle="bundle.json", sha256=sha256)
    (folder / "routelab_router.py").write_text(source, encoding="utf-8")
    return ["everything after the choice of a model group: budgets, fallbacks, retries, cooldowns"]
