"""A dry run of routing over HTTP: which model would get a request, and why; nothing is sent on."""

from routelab.serving.app import create_app
from routelab.serving.decider import Decider
from routelab.serving.server import serve

__all__ = ["Decider", "create_app", "serve"]
