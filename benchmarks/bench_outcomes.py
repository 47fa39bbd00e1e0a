"""Routers trained on outcomes, on real tables; one JSON line per table and router.

    python benchmarks/bench_outcomes.py --model FOLDER TABLE...

FOLDER is an ONNX encoder. Every router goes through `routelab.compare`, which adds its controls
(best single model, Zero router, cost-matched shuffle, oracle) and 95 % intervals of a paired
bootstrap. `lam` is 0: the router buys quality only. The cascade has a free check that accepts one
bad answer in ten and rejects one good answer in ten.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np

import routelab as rl
from routelab.routers import Verifier

OUTPUT_TOKENS = 300
KINDS = ("outcome-knn", "outcome-linear", "outcome-boosted", "outcome-mf", "outcome-bt", "linucb")


def with_prices(table: rl.OutcomeTable, path: Path) -> tuple[rl.OutcomeTable, str]:
    """Price a table without costs by the list beside it, where there is one; say what was assumed.

    Tokens are not in such a table: one per four characters of the prompt, and OUTPUT_TOKENS.
    """
    if np.isfinite(table.cost).all():
        return table, "as published"
    candidates = path.parent / "candidates.json"
    if not candidates.is_file():
        return table, "unknown"
    listed = json.loads(candidates.read_text(encoding="utf-8"))
    read = np.array([len(prompt) / 4 for prompt in table.prompts])
    usd = {
        name: (read * listed[name]["input_price"] + OUTPUT_TOKENS * listed[name]["output_price"])
        / 1e6
        for name in table.models
    }
    return table.with_costs(usd), f"list prices, {OUTPUT_TOKENS} output tokens"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("tables", nargs="+")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    encoder = rl.make_encoder(f"onnx:{given.model}")
    for path in given.tables:
        table, assumed = with_prices(rl.read_outcomes(path), Path(path))
        routers = {kind: rl.make_router(kind, encoder=encoder) for kind in KINDS}
        if np.isfinite(table.cost).all():
            check = Verifier(false_accept=0.1, false_reject=0.1)
            routers["cascade"] = rl.make_router("cascade", encoder=encoder, verifier=check)
        start = time.perf_counter()
        comparison = rl.compare(routers, table)
        seconds = time.perf_counter() - start
        known = np.nanmean(table.quality, axis=0)
        print(
            json.dumps(
                {
                    "table": table.name,
                    "prompts": len(table),
                    "models": len(table.models),
                    "costs": assumed,
                    "best_single": round(float(known.max()), 4),
                    "seconds": round(seconds, 1),
                }
            )
        )
        for row in comparison.table.reset_index().to_dict("records"):
            print(json.dumps(row, default=str))
        print(json.dumps({"verdicts": comparison.verdicts}, default=str), flush=True)


if __name__ == "__main__":
    main()
