"""What would have happened: replay a plan on logged traffic, with the gateway's own semantics."""

from __future__ import annotations

from routelab.simulation.files import FileReplay, simulate_file
from routelab.simulation.replay import Replay
from routelab.simulation.simulate import simulate
from routelab.simulation.verify import Verdict, verify_recording

__all__ = [
    "FileReplay",
    "Replay",
    "Verdict",
    "simulate",
    "simulate_file",
    "verify_recording",
]
