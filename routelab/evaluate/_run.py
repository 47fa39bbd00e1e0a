"""Fitting in a comparison: settings, copies of routers, progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.evaluate._sharing import VectorStore, sharing
from routelab.evaluate.judge_noise import JudgeNoise


@dataclass(frozen=True, slots=True)
class Setting:
    """How a comparison is run."""

    cv: int
    seed: int
    n_boot: int
    refit: bool
    worthwhile: float | None
    slices: Mapping[str, Sequence[Any]] | None
    groups: Sequence[Any] | str | None
    judge: JudgeNoise | None
    notes: tuple[str, ...]
    progress: Callable[[int, int, str], Any] | None


class Work:
    """Fit copies of routers round by round, sharing vectors and telling the progress."""

    def __init__(self, setting: Setting, total: int):
        self.setting = setting
        self.total = total
        self.done = 0
        self.store = VectorStore()

    def fitted(self, name: str, router: Any, prompts: list[str], target: Any, refit: bool) -> Any:
        """Return a copy fitted on the prompts, or with ``refit=False`` the router itself."""
        if self.setting.progress is not None:
            self.setting.progress(self.done, self.total, name)
        self.done += 1
        if not refit:
            try:
                check_is_fitted(router)
            except NotFittedError as error:
                raise InputError(
                    f"router {name!r} is not fitted: fit it, or leave out refit=False"
                ) from error
            return router
        try:
            return sharing(router, self.store).fit(prompts, target)
        except ValueError as error:
            raise InputError(f"router {name!r} cannot be fitted: {error}") from error

    def next_round(self) -> None:
        """Forget the vectors that belong to one fold."""
        self.store.forget()
        if self.setting.progress is not None and self.done == self.total:
            self.setting.progress(self.done, self.total, "")


class ControlNames:
    """Give controls names that no router and no other control has.

    Examples
    --------
    >>> names = ControlNames(["length"])
    >>> names("length"), names("length, shuffled"), names("length")
    ('length (control)', 'length, shuffled', 'length (control) (control)')
    """

    def __init__(self, routers: Iterable[str]):
        self._taken = set(routers)

    def __call__(self, wanted: str) -> str:
        """Return the name, with "(control)" behind it as often as it takes."""
        while wanted in self._taken:
            wanted += " (control)"
        self._taken.add(wanted)
        return wanted
