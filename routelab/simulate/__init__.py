"""What would have happened: replay a plan on logged traffic, with the gateway's own semantics."""

from __future__ import annotations

from routelab.simulate.recording import Verdict, verify_recording
from routelab.simulate.replay import Replay
from routelab.simulate.simulate import simulate

__all__ = ["Replay", "Verdict", "simulate", "verify_recording"]
