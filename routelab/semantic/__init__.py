"""Around semantic routers: what their examples are worth, and how to change them."""

from routelab.semantic.edit import add_examples, remove_examples, with_route_names
from routelab.semantic.examples import ExampleReport, check_examples

__all__ = [
    "ExampleReport",
    "add_examples",
    "check_examples",
    "remove_examples",
    "with_route_names",
]
