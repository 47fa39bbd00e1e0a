"""Proof that the real gateway decides, fails over and loads as the exported plan says."""

from routelab.proving.prove import prove
from routelab.proving.result import Difference, Latency, Proof

__all__ = ["Difference", "Latency", "Proof", "prove"]
