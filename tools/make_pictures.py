"""Make the small pictures of the README's table from the bundled data.

    python tools/make_pictures.py      # notebooks/images/*.png

Every picture is the output of the command that stands beside it, on data/traffic.parquet.
"""

from __future__ import annotations

from pathlib import Path

from routelab import Plan, forecast, plots, read_outages, simulate, sweep
from routelab.datasets import data_dir, load_traffic

FOLDER = Path(__file__).resolve().parents[1] / "notebooks" / "images"
SIZE = (5.6, 3.3)
DPI = 100


def keep(name: str, draw) -> None:
    fig, axes = plots.figure(*SIZE)
    draw(axes[0])
    (FOLDER / f"{name}.png").write_bytes(plots.png(fig, dpi=DPI))


def main() -> None:
    traffic, plan = load_traffic(), Plan.from_yaml(data_dir() / "plan.yaml").fitted()
    outages = read_outages(data_dir() / "outages.csv")
    replay = simulate(traffic, plan, outages=outages)
    keep("profile", lambda ax: plots.requests_per_hour(traffic, ax))
    keep("spend", lambda ax: plots.daily_spend(replay, ax))
    keep("outage", lambda ax: plots.hourly_outcomes(replay, ax))
    ahead = forecast(traffic, plan, days=14, n_paths=40, seed=0)
    keep("forecast", lambda ax: plots.spend_fan(ahead, ax))
    keep("exhaustion", lambda ax: plots.exhaustion_hours(ahead, ax))
    grid = {"budgets.0.limit_usd": [8, 12, 16, 24], "retries.num_retries": [0, 1, 2]}
    worth = {"strong": 1.0, "mid": 0.9, "cheap": 0.75}
    swept = sweep(traffic, plan, grid, quality=worth, n_boot=200)
    keep("sweep", lambda ax: plots.pareto_front(swept, ax, y="quality"))


if __name__ == "__main__":
    main()
