"""What a fit found, in figures and in words."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml

from routelab._checks import InputError, atomic_file
from routelab.evaluate.bootstrap import Resampler, interval
from routelab.gateway_fit.target import Target
from routelab.gateway_learning import KeywordChoice
from routelab.gateway_rules import TIERS, ComplexityRouter
from routelab.routers import LitellmHeuristic, LitellmHeuristicV2
from routelab.routers._labels import same_text

DEFAULT, BUNDLED, FITTED = "gateway's defaults", "bundled table", "fitted"
ALWAYS = "always "


@dataclass(frozen=True)
class GatewayFit:
    """A fitted ``complexity_router_config`` and how it does on prompts it has not seen.

    Attributes
    ----------
    config : dict
        ``complexity_router_config``: with it the gateway decides what was judged here.
    report : DataFrame
        One row per configuration: `figure` and its 95 % interval on the held-out part, the paired
        `difference` from the gateway's defaults and its interval, the share of each tier, and for
        outcomes `quality` and `cost_usd` per call (NaN where unknown).
    figure : str
        What is judged: "accuracy", "quality - 5 x USD", ..
    n_train, n_test : int
        Prompts learnt from, and held out.
    verdict : str
        "better", "not resolved" or "worse" than the gateway's defaults.
    sentences : tuple of str
        The verdicts against the defaults and against the other controls.
    keywords : tuple of KeywordChoice
        Why each keyword rule is there.
    notes : tuple of str
    """

    config: dict[str, Any]
    report: pd.DataFrame
    figure: str
    n_train: int
    n_test: int
    verdict: str
    sentences: tuple[str, ...]
    keywords: tuple[KeywordChoice, ...] = ()
    notes: tuple[str, ...] = ()

    def router(self) -> LitellmHeuristic | LitellmHeuristicV2:
        """Return a fitted router that decides like the gateway with this configuration."""
        if self.config.get("classifier_type") != "heuristic_v2":
            return LitellmHeuristic(self.config).fit([])
        artifact = self.config["heuristic_v2_artifact"]
        return LitellmHeuristicV2(
            self.config["heuristic_v2_success_threshold"],
            artifact["domain_prior_mass"],
            artifact["cohort_prior_mass"],
            self.config,
        ).fit([])

    def save(
        self, path: str | os.PathLike[str], *, name: str = "smart", force: bool = False
    ) -> None:
        """Write a LiteLLM config file with one model, the router; add its groups to deploy it.

        Parameters
        ----------
        path : path
        name : str, default "smart"
            Model name by which clients ask for the router.
        force : bool, default False
            Replace a file that exists.
        """
        if os.path.exists(path) and not force:
            raise InputError(f"{str(path)!r} exists already; name another file or pass --force")
        params = {
            "model": "auto_router/complexity_router",
            "complexity_router_config": self.config,
        }
        entry = {"model_name": name, "litellm_params": params}
        text = yaml.safe_dump({"model_list": [entry]}, sort_keys=False, allow_unicode=True)
        with atomic_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def __str__(self) -> str:
        shown = self.report[["figure", "low", "high", "difference", "diff_low", "diff_high"]]
        lines = [
            f"{self.figure}, learnt on {self.n_train:,} prompts, judged on {self.n_test:,} others",
            shown.to_string(float_format=lambda value: f"{value:.3f}"),
            *self.sentences,
        ]
        lines += [
            f"keyword {c.keyword!r} -> {c.tier}: {c.support} training prompts, {c.gain:+.3g}"
            for c in self.keywords
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def decided(config: dict[str, Any], prompts: list[str]) -> np.ndarray:
    """Return the tier (n,), 0 to 3, that the gateway gives each prompt."""
    router = ComplexityRouter(config)
    return np.array([TIERS.index(router.tier_of(prompt)) for prompt in prompts], dtype=int)


def judge(
    test: Target, choices: dict[str, np.ndarray], *, n_boot: int, seed: int
) -> tuple[pd.DataFrame, str, tuple[str, ...]]:
    """Return report, verdict and sentences of tiers (n,) chosen by each configuration."""
    rows = np.arange(len(test.prompts))
    worth = np.column_stack([test.worth[rows, taken] for taken in choices.values()])
    resampler = Resampler(len(rows), n_boot, seed, same_text(test.prompts))
    samples = resampler.means(worth)
    report = pd.DataFrame(index=pd.Index(list(choices), name="configuration"))
    report["figure"] = worth.mean(axis=0)
    report["low"], report["high"] = interval(samples)
    base = list(choices).index(DEFAULT)
    report["difference"] = report["figure"] - report["figure"].iloc[base]
    report["diff_low"], report["diff_high"] = interval(samples - samples[:, [base]])
    for number, tier in enumerate(TIERS):
        report[tier] = [float((taken == number).mean()) for taken in choices.values()]
    for column, known in (("quality", test.quality), ("cost_usd", test.cost)):
        report[column] = [float(known[rows, taken].mean()) for taken in choices.values()]
    fitted = list(choices).index(FITTED)
    verdicts = []
    for place, name in enumerate(choices):
        if place != fitted and (place == base or name.startswith((ALWAYS, BUNDLED))):
            gap = samples[:, fitted] - samples[:, place]
            one, other = (float(worth[:, k].mean()) for k in (fitted, place))
            verdicts.append(_sentence(test.figure, one, other, gap, name, len(rows)))
    return report, verdicts[0][0], tuple(sentence for _, sentence in verdicts)


def _sentence(
    figure: str, fitted: float, other: float, gap: np.ndarray, name: str, n: int
) -> tuple[str, str]:
    low, high = (float(x) for x in interval(gap))
    named = f"the {name}" if name in (DEFAULT, BUNDLED) else name
    verdict = "better" if low > 0 else "worse" if high < 0 else "not resolved"
    return verdict, (
        f"{verdict}: {figure} {fitted:.3f} against {other:.3f} of {named} on {n:,} held-out "
        f"prompts, {fitted - other:+.3f} ({low:+.3f} to {high:+.3f})."
    )
