"""How a feature's two sides are told: hours as on a clock, names by what changed."""

from __future__ import annotations

import numpy as np

from routelab.watching._features import HOUR, LENGTH, Features
from routelab.watching.shift import bin_counts, shift_table


def sides(names: dict[str, list[int]], hours: list[float]) -> list[Features]:
    """Return 100 requests of the reference and 100 new ones."""
    found = []
    for side, hour in enumerate(hours):
        model = np.repeat(list(names), [counts[side] for counts in names.values()]).astype(object)
        numbers = {HOUR: np.full(100, hour), LENGTH: np.ones(100)}
        found.append(Features(numbers, {"model": model}))
    return found


def test_the_names_that_are_told_are_those_whose_shares_changed_most():
    names = {"a": [39, 39], "b": [32, 29], "c": [13, 13], "d": [16, 14], "e": [0, 5]}
    old, new = sides(names, [14.53, 15.08])
    rng = np.random.default_rng(0)
    table = shift_table(old, new, np.arange(200), n_permutations=99, alpha=0.05, rng=rng)
    # e by 5 points, b by 3, d by 2; a and c not at all
    assert table.loc["model", "reference"] == "e 0%, b 32%, d 16%"
    assert table.loc["model", "new"] == "e 5%, b 29%, d 14%"
    assert table.loc[HOUR, "reference"] == "14:32" and table.loc[HOUR, "new"] == "15:05"


def test_bins_of_hours_end_at_a_time_of_day():
    old, new = sides({"a": [100, 100]}, [9.5, 10.25])
    assert set(bin_counts(old, new, HOUR).index) == {"to 09:30", "above 09:30"}
