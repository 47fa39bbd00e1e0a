"""RouterBench: one row per sample, a score and ``<model>|total_cost`` per model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.outcomes.readers._base import (
    OUTCOME_READERS,
    OutcomeReader,
    ParsedOutcomes,
    prompts_of,
    scores_of,
    unlisted,
)
from routelab.reading.files import Rows

_COST = "|total_cost"


@OUTCOME_READERS.register("routerbench")
class RouterBench(OutcomeReader):
    """Rows of one sample, each with some of the models, are joined."""

    title = "RouterBench (CSV: sample_id, prompt, a score and <model>|total_cost per model)"

    def sniff(self, rows: Rows) -> bool:
        """Look for samples and costs."""
        names = rows.names
        return {"sample_id", "prompt"} <= set(names) and any(n.endswith(_COST) for n in names)

    def parse(self, rows: Rows) -> ParsedOutcomes:
        """Join split samples; a score keeps the cost of its own row."""
        costly = [name.removesuffix(_COST) for name in rows.names if name.endswith(_COST)]
        absent = [model for model in costly if model not in rows.names]
        if absent:
            raise InputError(f"{rows.path}: a cost but no score column for the model {absent[0]!r}")
        models = sorted(costly, key=rows.names.index)
        refused: dict[int, str] = {}
        quality = pd.DataFrame({m: scores_of(rows, m, refused) for m in models})
        cost = pd.DataFrame({m: scores_of(rows, f"{m}{_COST}", refused) for m in models})
        samples = rows.column("sample_id").astype(object).to_numpy()
        _refuse_clashes(quality, samples, refused)
        used = np.flatnonzero(~np.isin(np.arange(len(rows)), list(refused)))
        quality, cost, samples = quality.iloc[used], cost.iloc[used], samples[used]
        # The parts of a split sample cost differently: a score goes with the cost in its own row.
        costs = cost.where(quality.notna()).groupby(samples, sort=False).first()
        costs = costs.fillna(cost.groupby(samples, sort=False).first())
        scores = quality.groupby(samples, sort=False).first()
        first = used[~pd.Series(samples).duplicated().to_numpy()]
        prompts = prompts_of(rows, "prompt")
        return ParsedOutcomes(
            [unlisted(prompts[row]) for row in first],
            scores.reset_index(drop=True),
            costs.reset_index(drop=True),
            first,
            refused=refused,
            merged=len(used) - len(first),
        )


def _refuse_clashes(quality: pd.DataFrame, samples: np.ndarray, refused: dict[int, str]) -> None:
    counts = quality.groupby(samples, sort=False).nunique()
    for sample, row in counts[(counts > 1).any(axis=1)].iterrows():
        model = row.index[row > 1][0]
        for position in np.flatnonzero(samples == sample):
            reason = f"the sample {str(sample)[:60]!r} has two different scores for {model!r}"
            refused.setdefault(int(position), reason)
