"""What would have happened: replay a plan on logged traffic, with the gateway's own semantics."""

from __future__ import annotations

from routelab.simulation.recording import Verdict, verify_recording
from routelab.simulation.replay import Replay
from routelab.simulation.simulate import simulate

__all__ = ["Replay", "Verdict", "simulate", "verify_recording"]
