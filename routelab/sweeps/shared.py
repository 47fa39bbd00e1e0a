"""What all policies of a sweep share: traffic, outages, quality, blocks, routers and decisions."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from routelab import __version__
from routelab._checks import InputError, atomic_file, atomic_folder
from routelab.decide import decide
from routelab.plan import Plan
from routelab.simulation.trace import Survey, ready, request_rows, survey
from routelab.sweeps.blocks import make_blocks
from routelab.sweeps.policy import router_facts, short_hash
from routelab.sweeps.quality import Quality, as_quality
from routelab.traffic.schema import COLUMNS, write_traffic

KEPT_DECISIONS = 4
RESULT_FORMAT = 1


class Shared:
    """Inputs of a sweep, checked once.

    Decisions (which depend on the router, rules and split only) and trained routers are made when
    first needed and shared by the policies that agree on them.

    Parameters
    ----------
    traffic : DataFrame
    outages : DataFrame, optional
    quality : mapping, OutcomeTable, DataFrame or Quality, optional
        See :func:`routelab.sweeps.quality.as_quality`.
    seed : int
        Of every replay and of the bootstrap: policies meet the same luck.
    accounting : {"proxy", "sdk"}
    n_boot : int
        Resamples.
    folder : Path, optional
        Where decisions were written for workers (see :func:`write_shared`).
    """

    def __init__(
        self,
        traffic: pd.DataFrame,
        outages: pd.DataFrame | None = None,
        quality: Any = None,
        *,
        seed: int = 0,
        accounting: str = "proxy",
        n_boot: int = 400,
        folder: Path | None = None,
    ):
        if len(traffic) == 0:
            raise InputError("there are no requests to sweep over")
        if accounting not in ("proxy", "sdk"):
            raise InputError(f"accounting must be 'proxy' or 'sdk', got {accounting!r}")
        self.traffic = ready(traffic, [])
        self.outages = outages
        given = isinstance(quality, Quality)
        self.quality = quality if given else as_quality(quality, self.traffic)
        self.seed = seed
        self.accounting = accounting
        self.n_boot = n_boot
        self.blocks = make_blocks(self.traffic["timestamp"], n_boot, seed)
        self.folder = folder
        self._routers: OrderedDict[str, Any] = OrderedDict()
        self._decisions: OrderedDict[str, pd.DataFrame] = OrderedDict()
        self._rows: OrderedDict[str, tuple[np.ndarray, Survey]] = OrderedDict()
        self._lock = Lock()

    def run_key(self) -> str:
        """Return a hash of everything but the plan that a result depends on."""
        frame = self.traffic[list(COLUMNS)]
        quality = None
        if self.quality is not None:
            quality = [self.quality.names, _digest(self.quality.values)]
        outages = None
        if self.outages is not None:
            outages = self.outages.to_json(date_format="iso", date_unit="us")
        facts = (self.seed, self.accounting, self.n_boot, __version__, RESULT_FORMAT)
        rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
        return short_hash(_digest(rows), outages, quality, facts)

    def decisions(self, plan: Plan, key: str | None = None) -> pd.DataFrame:
        """Return what a plan decides before the gateway's part; read from the folder if there."""
        key = key or decision_key(plan)
        with self._lock:
            return _remembered(self._decisions, key, lambda: self._decide(plan, key))

    def requests(self, plan: Plan, key: str | None = None) -> tuple[np.ndarray, Survey]:
        """Return the kernel's rows of the traffic, shared by plans that read it alike."""
        decisions = self.decisions(plan, key)
        budgets = [
            (b.scope, b.name, b.timezone, b.period, b.pacing) for b in plan.budgets if b.is_calendar
        ]
        models = [(name, plan.catalog[name].litellm_model) for name in plan.catalog.names]
        facts = (key or decision_key(plan), list(plan.models), models, budgets)
        name = short_hash(facts, plan.expected_output_tokens)
        with self._lock:
            return _remembered(self._rows, name, lambda: self._read_rows(plan, decisions))

    def _read_rows(self, plan: Plan, decisions: pd.DataFrame) -> tuple[np.ndarray, Survey]:
        known = survey(plan, [self.traffic])
        return request_rows(plan, self.traffic, decisions["group"], known), known

    def _decide(self, plan: Plan, key: str) -> pd.DataFrame:
        if self.folder is not None:
            return pd.read_parquet(_decision_file(self.folder, key))
        if plan.router is not None and plan.router.fitted is None:
            spec = plan.router
            name = short_hash(router_facts(spec))
            fitted = _remembered(self._routers, name, spec.resolve)
            plan = plan.replace(router=spec.model_copy(update={"fitted": fitted}))
        return decide(plan, self.traffic)


def decision_key(plan: Plan) -> str:
    """Return a hash of the fields of a plan that its decisions depend on."""
    fields = {"routes", "rules", "default", "model_group_alias", "split", "decision_cache"}
    data = plan.model_dump(mode="json", include=fields)
    router = None if plan.router is None else router_facts(plan.router)
    return short_hash(data, list(plan.models), router)


def _remembered(kept: OrderedDict[str, Any], key: str, make: Callable[[], Any]) -> Any:
    """Return ``kept[key]``, made when it is absent; the least recently used one goes."""
    if key not in kept:
        kept[key] = make()
        if len(kept) > KEPT_DECISIONS:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def write_shared(shared: Shared, folder: Path) -> None:
    """Write what workers read by path; a folder that is complete stays as it is."""
    if (folder / "settings.json").is_file():
        return
    with atomic_folder(folder, force=True) as part:
        write_traffic(shared.traffic, part / "traffic.parquet")
        if shared.outages is not None:
            shared.outages.to_parquet(part / "outages.parquet")
        if shared.quality is not None:
            names = np.array(shared.quality.names, str)
            np.savez(part / "quality.npz", names=names, values=shared.quality.values)
        settings = {n: getattr(shared, n) for n in ("seed", "accounting", "n_boot")}
        (part / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


def write_decisions(shared: Shared, plan: Plan, folder: Path) -> str:
    """Write a plan's decisions for workers, once, and return their key."""
    key = decision_key(plan)
    path = _decision_file(folder, key)
    if not path.is_file():
        with atomic_file(path) as temporary:
            shared.decisions(plan, key).to_parquet(temporary, compression="zstd")
    return key


def _decision_file(folder: Path, key: str) -> Path:
    return folder / "decisions" / f"{key}.parquet"


@lru_cache(maxsize=1)
def read_shared(folder: str) -> Shared:
    """Read what :func:`write_shared` wrote, once per process.

    Raises
    ------
    InputError
        This machine does not see the folder.
    """
    path = Path(folder)
    if not (path / "settings.json").is_file():
        raise InputError(
            f"a worker cannot read {folder!r}: set out= to a folder that all workers see"
        )
    settings = json.loads((path / "settings.json").read_text(encoding="utf-8"))
    outages = path / "outages.parquet"
    quality = None
    if (path / "quality.npz").is_file():
        with np.load(path / "quality.npz", allow_pickle=False) as arrays:
            quality = Quality(tuple(map(str, arrays["names"])), arrays["values"])
    return Shared(
        pd.read_parquet(path / "traffic.parquet"),
        pd.read_parquet(outages) if outages.is_file() else None,
        quality,
        folder=path,
        **settings,
    )
