"""One state for the panels of all notebooks: choose a router in one, and another has it."""

from __future__ import annotations

import atexit
import hashlib
import inspect
import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from routelab._checks import InputError, existing_file
from routelab.plan import Plan
from routelab.ui._choices import Choices, PlanChoice, RouterChoice, read_choices, write_choices
from routelab.ui._files import in_app, named_file, own_folder
from routelab.ui._settings import SETTINGS, from_mapping, to_mapping

#: Seconds without a change before the file is written: a drag is over then.
QUIET_S = 0.8


class Session:
    """The settings of each panel, the chosen router and the plan; kept in one file.

    Every notebook that names the same file shares it: what one has chosen, another has when its
    panel is made, or by *Load settings*. Each writes only the sections that it changed. Sessions
    without a path, or with paths of their own, share nothing.

    Parameters
    ----------
    path : str or path, optional
        Read when it exists, written a moment after the last change. None keeps all in memory.

    Attributes
    ----------
    path : Path or None
    lock : RLock
        Held while panels change: a touch and work in a thread take turns.
    problem : str
        Why the file could not be written lately; "" when it could.

    Raises
    ------
    InputError
        The file exists and is wrong; with ``file:line:column``.

    Notes
    -----
    Prompts and what looks like a secret are never kept. Two notebooks that write within the same
    thousandth of a second may lose one's change.

    Examples
    --------
    >>> session = Session()
    >>> session.choose_router(RouterChoice("centroid", threshold=0.3))
    >>> session.router.kind
    'centroid'
    """

    def __init__(self, path: str | os.PathLike[str] | None = None):
        self.path = None if path is None else _place(path)
        self.problem = ""
        self._choices = Choices()
        self._at_work: tuple[PlanChoice | None, Plan | None] = None, None
        self._changed: set[str] = set()
        self._seen = b""
        self._observers: list[tuple[str, Any]] = []
        self.lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self.refresh()
        if self.path is not None:
            _flush_at_exit(self)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Session:
        """Read a session that must exist."""
        return cls(existing_file(path, "session"))

    @property
    def router(self) -> RouterChoice | None:
        """The chosen router."""
        return self._choices.router

    @property
    def plan(self) -> PlanChoice | None:
        """The plan at work."""
        return self._choices.plan

    def settings(self, panel: str) -> dict[str, Any]:
        """Return the kept settings of a panel by field; empty when there are none."""
        return dict(self._choices.panels.get(panel, {}))

    def choose_router(self, choice: RouterChoice | None) -> None:
        """Choose a router for all panels."""
        if choice is not None:
            to_mapping(choice)  # refuses secrets
        self._put("router", choice)

    def choose_plan(self, choice: PlanChoice | None, plan: Plan | None = None) -> None:
        """Choose the plan for all panels; those of this kernel can have the object itself."""
        self._at_work = choice, plan
        if self.router is not None and plan is not None and not self.router.is_of(plan):
            self._put("router", None)  # what is chosen last holds, also for panels made later
        self._put("plan", choice)

    def read_plan(self) -> Plan | None:
        """Return the plan at work: the object chosen in this kernel, else read from its file.

        Returns
        -------
        Plan or None
            None where there is neither.
        """
        choice, plan = self._at_work
        if choice == self.plan and plan is not None:
            return plan
        if self.plan is None or self.plan.path is None:
            return None
        return Plan.from_yaml(named_file(self.plan.path))

    def keep(self, panel: str, config: Any) -> None:
        """Keep the settings of a panel, without its private fields."""
        self._put(panel, from_mapping(SETTINGS[panel], to_mapping(config)))

    def observe(self, callback: Callable[[str], None], *, panel: str = "") -> None:
        """Call ``callback(section)`` after each change: "router", "plan" or a panel's name.

        Parameters
        ----------
        callback : callable
            A method is held weakly: an object that nobody needs any more is told nothing.
        panel : str, default ""
            For the panel of this kind. A session has one of each: the callback before is told
            "left" and nothing afterwards, since a cell that runs again makes its panel again.
        """
        left = [held for name, held in self._observers if panel and name == panel]
        bound = inspect.ismethod(callback)
        held: Any = weakref.WeakMethod(callback) if bound else lambda: callback
        others = [entry for entry in self._observers if entry[1] not in left]
        self._observers = [*others, (panel, held)]
        for old in left:
            _call(old, "left")

    def unobserve(self, callback: Callable[[str], None]) -> None:
        """Stop calling back; unknown callbacks are no error."""
        self._observers = [entry for entry in self._observers if entry[1]() != callback]

    def refresh(self) -> bool:
        """Take over what another notebook has written since; return whether there was anything.

        Changes of this session that are not written yet stay.
        """
        with self.lock:
            content = self._content()
            if self.path is None or content in (b"", self._seen):
                return False  # a file that is gone takes nothing away
            found = read_choices(self.path)
            before = self._choices
            self._choices = self._merged(found)
            self._seen = content
        for name in dict.fromkeys([*before.sections(), *found.sections()]):
            if before.section(name) != self._choices.section(name):
                self._tell(name)
        return True

    def settings_in(self, path: str, panel: str) -> dict[str, Any]:
        """Return a panel's settings from a file; the session's own is read for all panels.

        These have by then what is new in it, the panel that asks as well: it gets none.

        Raises
        ------
        InputError
            There is no such file, it is wrong, or it holds no settings of the panel.
        """
        if self._is_own(path):
            if self.refresh():
                return {}
            found = self.settings(panel)
        else:
            found = Session.load(_chosen(path)).settings(panel)
        if not found:
            raise InputError(f"{path} holds no settings of the panel {panel!r}")
        return found

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write now; with another path than the session's, a copy for others to load.

        What else stands in the file, another panel's settings, stays there.

        Raises
        ------
        InputError
            No path at all, the file there is wrong or no session (it is left alone), or the
            folder cannot be written to.
        """
        own = path is None or self._is_own(path)
        target = self.path if own or path is None else _chosen(path).absolute()
        if target is None:
            raise InputError("this session has no file: save it with a path")
        with self.lock:
            if own:
                self._stop_timer()
                self.refresh()
            choices = self._choices if own else self._choices.over(target)
            try:
                write_choices(choices, target)
            except OSError as error:
                raise InputError(f"{str(target)!r} cannot be written: {error.strerror}") from error
            if own:
                self._changed.clear()
                self._seen = self._content()
                self.problem = ""
        return target

    def _is_own(self, path: str | os.PathLike[str]) -> bool:
        return self.path is not None and _chosen(path).absolute() == self.path

    def _put(self, name: str, value: Any) -> None:
        with self.lock:
            if value == self._choices.section(name):
                return
            self._choices = self._choices.put(name, value)
            self._changed.add(name)
            self._start_timer()
        self._tell(name)

    def _merged(self, found: Choices) -> Choices:
        for name in self._changed:
            found = found.put(name, self._choices.section(name))
        return found

    def _tell(self, section: str) -> None:
        for _, held in list(self._observers):
            _call(held, section)

    def _content(self) -> bytes:
        if self.path is None or not self.path.is_file():
            return b""
        return hashlib.sha256(self.path.read_bytes()).digest()

    def _start_timer(self) -> None:
        if self.path is None:
            return
        self._stop_timer()
        self._timer = threading.Timer(QUIET_S, self._save_later)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _save_later(self) -> None:
        """Write; nobody waits for an exception here, so it becomes `problem` and is told."""
        try:
            self.save()
        except InputError as error:
            self.problem = str(error)
            self._tell("problem")

    def _flush(self) -> None:
        if self._timer is not None:
            self._save_later()


def _call(held: Any, section: str) -> None:
    callback = held()
    if callback is not None:
        callback(section)


def _place(path: str | os.PathLike[str]) -> Path:
    """Return where a notebook's session is kept; in the app each reader has a copy of it."""
    if in_app() and not Path(path).is_absolute():
        return own_folder() / Path(path).name
    return Path(path).absolute()


def _chosen(path: str | os.PathLike[str]) -> Path:
    """Return the file that a reader chose."""
    if not os.fspath(path).strip():
        raise InputError("name a file for the settings, such as routelab-session.yaml")
    return named_file(os.fspath(path))


def _flush_at_exit(session: Session) -> None:
    """Write what waits when the kernel ends; the session itself may end before."""
    held = weakref.ref(session)

    def flush() -> None:
        alive = held()
        if alive is not None:
            alive._flush()

    atexit.register(flush)
