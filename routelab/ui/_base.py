"""What every panel is: one frozen configuration, a result, controls, and a static copy."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import ipywidgets as w

from routelab._checks import InputError, atomic_file
from routelab.ui._choices import Choices, read_choices, write_choices
from routelab.ui._code import Recipe, file_line, script
from routelab.ui._files import named_file, shown_name
from routelab.ui._job import Job
from routelab.ui._parts import Status, guarded
from routelab.ui._picture import Picture, compact, pictures_in, png_width
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS
from routelab.ui._tools import DEFAULT_FILE, WIDGET_VIEW, Tools

LARGEST_BYTES = 1 << 20  # of a file of settings


class Panel(w.VBox):
    """Controls, numbers and a picture that follow one frozen configuration.

    A subclass gives `compute`, which is pure, `draw`, which shows a result and returns the line of
    the status, and `recipe`, how it is made again; it ends its constructor with `begin`. Where
    computing may take longer than a touch, `heavy` says for which settings and `work` computes
    them. It displays as a widget and, for readers without a kernel, as a picture.

    Parameters
    ----------
    config : frozen dataclass
        The settings at the start, registered in ``SETTINGS`` under the panel's `kind`.
    session : Session, optional
        Shared with other panels; its settings for this kind of panel are taken over.
    files : mapping of str to path, optional
        Where the panel's data came from, by argument, so that `as_code` can read it again.

    Attributes
    ----------
    config : frozen dataclass
        The settings, readable as code.
    result
        What was computed for them; while `computing`, for those before.
    computing : bool
        Whether the picture does not belong to the settings yet.
    session : Session
    """

    kind: str = ""
    hidden: tuple[str, ...] = ()  # fields that stay out of scripts: a logged prompt
    picture: Picture | None = None

    def __init__(
        self,
        config: Any,
        session: Session | None = None,
        files: Mapping[str, str | os.PathLike[str]] | None = None,
    ):
        self.config = config
        self.files = {name: os.fspath(path) for name, path in (files or {}).items()}
        self.result: Any = None
        self.computing = False
        self.session = session or Session()
        self._start = self._settled = config
        self._drawing = False
        self._line = ""  # what the status says of the result
        self._lock = self.session.lock  # between a touch and the end of work in a thread
        self._controls: dict[str, w.Widget] = {}
        self.status = Status()
        self.status.add_class("rl-said")  # the alternative text of the pictures (``tools.js``)
        self.job = Job(self.status, lambda running: self.tools.busy(running))
        acts: dict[str, Callable[..., Any]] = {
            "code": self.as_code, "save": self.save_settings, "load": self.load_settings,
            "reset": self.reset, "cancel": self.cancel, "bring": self.bring_settings,
        }  # fmt: skip
        safe = {name: guarded(self.status)(act) for name, act in acts.items()}
        file = self.session.path
        self.tools = Tools(safe, DEFAULT_FILE if file is None else shown_name(file))
        super().__init__(layout=w.Layout(max_width="1150px"))
        self.add_class("rl-panel")

    def compute(self, config: Any) -> Any:
        """Return the result for a configuration; no widgets, no state."""
        raise NotImplementedError

    def draw(self, result: Any) -> str:
        """Show a result, and return the line of the status."""
        raise NotImplementedError

    def recipe(self) -> Recipe:
        """Return how this panel is made again, for `as_code`."""
        raise NotImplementedError

    def heavy(self, config: Any) -> bool:
        """Return whether these settings take longer than a touch may take (100 ms)."""
        return False

    def waits(self, config: Any) -> bool:
        """Return whether a script must wait for these settings: a new panel remembers nothing."""
        return self.heavy(config)

    def work(self, config: Any, tell: Callable[[str], None], cancelled: Callable[[], bool]) -> Any:
        """Return the result for heavy settings: tell how far it is, stop early when cancelled."""
        return self.compute(config)

    def follow(self, session: Session, section: str) -> None:
        """Take over another panel's choice: `section` is "router" or "plan"."""

    def begin(self, *children: w.Widget) -> None:
        """Show these, status and tools below them; compute what the session or the start asks.

        A panel that is long gives its status among the children, near the controls.

        Settings of the session that do not fit here are said, and left out. The cell is still
        running, so even heavy settings are computed before this returns.
        """
        below = [] if self.status in children else [self.status]
        self.children = [*children, *below, self.tools]
        said, kept = "", {}
        try:
            self.session.refresh()
            kept = self.session.settings(self.kind)
            if kept:
                config = replace(self._start, **kept)
                self._show(config, self.compute(config))
        except Exception as error:
            said = f"The settings of the session were not used: {error}"
        if said or not kept:
            self._show(self._start, self.compute(self._start))
        self.session.observe(self._session_changed, panel=self.kind)
        for section in ("plan", "router"):  # chosen in a panel before this one
            guarded(self.status)(self.follow)(self.session, section)
        if said:
            self.status.error(said)

    def bind(self, control: w.Widget, field: str) -> None:
        """Let a control set a field of the configuration; a refused value is taken back."""

        def changed(change: Any) -> None:
            with self._lock:  # a thread may be drawing: its touches of controls are not ours
                if self._drawing or change.new == getattr(self.config, field):
                    return
                try:
                    self.update(**{field: change.new})
                except Exception:
                    control.set_trait("value", getattr(self.config, field))
                    raise

        self._controls[field] = control
        control.observe(guarded(self.status)(changed), "value")

    def update(self, **changes: Any) -> None:
        """Change settings: compute, draw, tell, and move the controls along.

        After an error the old settings stay. Heavy settings are computed in a thread: the picture
        is marked until it belongs to them, the newest settings win, and after an error or `cancel`
        those of the picture come back.
        """
        with self._lock:
            config = replace(self.config, **changes)
            if not self.heavy(config):
                result = self.compute(config)
                self.job.cancel()
                self._show(config, result)
                self._keep()
                return
            self.config = config
            self._mark(True)
            self._move_controls()
            self.status.ok("computing …")
        self.job.restart(lambda tell, cancelled: self._compute(config, tell, cancelled))

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the picture belongs to the settings; for scripts and tests."""
        self.job.join(timeout)

    def cancel(self) -> None:
        """Stop computing, and go back to the settings that the picture belongs to."""
        self.job.cancel()
        with self._lock:
            if self.computing:
                self._go_back("cancelled: these are the settings before")

    def reset(self) -> None:
        """Go back to the settings at the start."""
        self.update(**{f.name: getattr(self._start, f.name) for f in fields(self._start)})

    def as_code(self) -> str:
        """Return a script that makes this picture and its numbers again."""
        heavy = self.waits(self.config)
        picture = f"{self.kind}.png" if self.picture is not None else ""
        return script(self.recipe(), self.scripted(), self._start, heavy=heavy, picture=picture)

    def scripted(self) -> Any:
        """Return the settings as a script may show them: without what stays out of scripts."""
        return replace(self.config, **{name: getattr(self._start, name) for name in self.hidden})

    def file_line(self, name: str, call: str, what: str) -> str:
        """Return the line of a script that reads an argument; see :func:`routelab.ui._code`."""
        path = self.files.get(name)
        if path is None and name == "plan" and self.session.plan is not None:
            path = self.session.plan.path
        return file_line(name, call, path, what)

    def save_settings(self, path: str) -> None:
        """Write the settings, and what else the session holds, into a file."""
        self._keep()
        told = self.session.save(path)
        self.tools.offer(told)
        self.status.ok(f"Settings are in {told.name}. {self._line}")

    def load_settings(self, path: str) -> None:
        """Take the settings from a file; the session's own file is read again for all panels."""
        settings = self.session.settings_in(path, self.kind)
        if settings:
            self.update(**settings)

    def bring_settings(self, name: str, content: bytes) -> None:
        """Take the settings from a file that a reader of the app uploads."""
        if len(content) > LARGEST_BYTES:
            raise InputError(f"{name!r} has {len(content):,} bytes, at most {LARGEST_BYTES:,} fit")
        target = named_file(name)
        with atomic_file(target) as temporary:
            temporary.write_bytes(content)
            try:
                found = read_choices(temporary)
                write_choices(Choices(panels=found.panels).over(target), temporary)
            except InputError as error:
                told = str(error).replace(str(temporary), name).replace(str(target), name)
                raise InputError(told) from None
        self.load_settings(name)
        if found.plan or found.router:  # which may name files to read
            self.status.ok(f"Of {name} the settings are taken, no plan and no router. {self._line}")

    def fallback(self) -> str:
        """Return the text that stands in for the panel where neither widget nor picture shows."""
        return f"{self.config}\n{self.status.text}"

    def still(self) -> bytes:
        """Return the panel's pictures as one PNG, for readers without a kernel."""
        assert self.picture is not None
        return self.picture.value

    def _compute(
        self, config: Any, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> None:
        try:
            result = self.work(config, tell, cancelled)
            with self._lock:
                if config is self.config and not cancelled():  # never a result of older settings
                    self._show(config, result)
                    self._keep()
        except Exception:
            with self._lock:
                if config is self.config:
                    self._go_back("")
                    raise

    def _show(self, config: Any, result: Any) -> None:
        before = self.config, self.result
        self.config, self.result = config, result
        self._drawing = True  # controls that draw() sets are not asked back
        try:
            text = self.draw(result)
        except Exception:
            self.config, self.result = before
            raise
        finally:
            self._drawing = False
        self._settled = self.config
        self._mark(False)
        self._move_controls()
        self._line = text
        self.status.ok(text)
        self.tools.describe([picture.title for picture in pictures_in(self)])

    def _go_back(self, told: str) -> None:
        self.config = self._settled
        self._mark(False)
        self._move_controls()
        self.status.ok(told)

    def _move_controls(self) -> None:
        self._drawing = True
        try:
            for field, control in self._controls.items():
                control.value = getattr(self.config, field)
        finally:
            self._drawing = False

    def _mark(self, computing: bool) -> None:
        self.computing = computing
        (self.add_class if computing else self.remove_class)("rl-computing")

    def _keep(self) -> None:
        """Keep the settings in the session; a panel of no registered kind keeps them to itself."""
        if self.kind in SETTINGS:
            self.session.keep(self.kind, self.config)

    def _session_changed(self, section: str) -> None:
        """Follow what another panel or another notebook changed."""
        if section == "problem":
            self.status.error(self.session.problem)
        elif section in ("router", "plan"):
            guarded(self.status)(self.follow)(self.session, section)
        elif section == "left":  # the cell ran again: the panel that it made before goes its way
            self.session = Session()
        elif section == self.kind:
            settings = self.session.settings(self.kind)
            if any(getattr(self.config, name) != value for name, value in settings.items()):
                guarded(self.status)(self.update)(**settings)

    def _ipython_display_(self) -> None:
        """Show the live panel and, for whoever opens the notebook later, its picture by itself.

        JupyterLab shows of one output the best form that is in it: the panel, even when its kernel
        has gone and nothing is left of it. So the picture is an output of its own, which hides
        beside a live panel (``panel.css``). Other editors show the one output that fits them.
        """
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        if "VSCODE_PID" in os.environ:
            display(data, metadata=metadata, raw=True)
            return
        still = {name: data[name] for name in ("image/png", "text/plain") if name in data}
        live = {WIDGET_VIEW: data[WIDGET_VIEW], "text/plain": self.status.text}
        display(live, raw=True)
        display(still, metadata=metadata, raw=True)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        data["text/plain"] = self.fallback()
        if self.picture is not None:
            still = self.still()
            data["image/png"] = base64.b64encode(compact(still)).decode()
            share = png_width(still) / png_width(self.picture.value)  # pictures beside it count
            metadata["image/png"] = {"width": round(self.picture.width_px * share)}
        return data, metadata
