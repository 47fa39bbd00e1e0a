"""The controls of a comparison on outcomes: their names, and what they get on every prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routelab.evaluate._run import ControlNames
from routelab.evaluate.controls import dataset_oracle_choice, shuffled_values
from routelab.evaluate.hull import mix_quality, random_at_cost

if TYPE_CHECKING:
    from routelab.evaluate._outcomes import Answer, Asked

#: Mean and resamples (n_boot,) of a figure.
Figure = tuple[float, np.ndarray]


@dataclass(frozen=True)
class Names:
    """What each control is called in this comparison.

    Attributes
    ----------
    routers, singles : list of str
        Routers, and every model alone.
    length, best_single, coin, dataset_oracle, oracle, curve : str
        `curve` is that of the mix of single models.
    shuffled, at_cost, mix : dict of str to str
        Per router: its choices shuffled, random and the best mix at its cost.
    """

    routers: list[str]
    singles: list[str]
    length: str
    best_single: str
    coin: str
    dataset_oracle: str
    oracle: str
    curve: str
    shuffled: dict[str, str]
    at_cost: dict[str, str]
    mix: dict[str, str]

    @classmethod
    def given(cls, name: ControlNames, routers: list[str], asked: Asked, length_name: str) -> Names:
        """Return names that no router has."""
        return cls(
            routers=routers,
            singles=[name(f"always {model}") for model in asked.models],
            length=length_name,
            best_single=name("best single"),
            coin=name("random"),
            dataset_oracle=name("dataset oracle"),
            oracle=name("oracle"),
            curve=name("mix of single models"),
            shuffled={router: name(f"{router}, shuffled") for router in routers},
            at_cost={router: name(f"{router}, random at its cost") for router in routers},
            mix={router: name(f"{router}, mix at its cost") for router in routers},
        )


def per_prompt(
    answers: dict[str, Answer],
    names: Names,
    best_single: np.ndarray,
    oracle: np.ndarray,
    asked: Asked,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return quality and cost (n,) of every router and control on every prompt."""
    row = np.arange(len(asked.prompts))

    def of(choice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return asked.quality[row, choice], asked.cost[row, choice]

    def by_shares(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return asked.quality @ shares, asked.cost @ shares

    m = len(asked.models)
    got: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, answer in answers.items():
        played = answer.played
        got[name] = of(answer.choice) if played is None else (played[0], played[1])
    for column, name in enumerate(names.singles):
        got[name] = asked.quality[:, column], asked.cost[:, column]
    got[names.best_single] = of(best_single)
    got[names.coin] = by_shares(np.full(m, 1 / m))
    for name in names.routers:
        choice, played = answers[name].choice, answers[name].played
        got[names.shuffled[name]] = (
            (shuffled_values(choice, asked.quality), shuffled_values(choice, asked.cost))
            if played is None
            else (played[2], played[3])
        )
        if asked.costs_known and m > 2:  # of two models it is the shuffle
            shares = random_at_cost(asked.cost.mean(axis=0), float(got[name][1].mean()))
            got[names.at_cost[name]] = by_shares(shares)
    if asked.datasets is not None and len(set(asked.datasets)) > 1:
        choice = dataset_oracle_choice(asked.quality, asked.cost, asked.datasets)
        got[names.dataset_oracle] = of(choice)
    got[names.oracle] = of(oracle)
    return got


def mixed(
    singles: list[str], quality: dict[str, Figure], cost: dict[str, Figure], at: Figure
) -> Figure:
    """Return the best quality of a coin between single models at a router's cost."""
    q, c = ([figures[name][0] for name in singles] for figures in (quality, cost))
    drawn_q, drawn_c = (
        np.stack([figures[name][1] for name in singles], axis=1) for figures in (quality, cost)
    )
    mean = mix_quality(np.array(c), np.array(q), np.array(at[0]))
    return float(mean), np.asarray(mix_quality(drawn_c, drawn_q, at[1]))


def bars_of(
    router: str,
    names: Names,
    quality: dict[str, Figure],
    cost: dict[str, Figure],
    costs_known: bool,
) -> dict[str, Figure]:
    """Return the controls that spend no more than a router does."""
    shuffled = names.shuffled[router]
    bars = {shuffled: quality[shuffled]}
    for other in (names.best_single, names.length):
        if not costs_known or cost[other][0] <= cost[router][0]:
            bars[other] = quality[other]
    if costs_known:
        bars[names.mix[router]] = quality[names.mix[router]]
    return bars
