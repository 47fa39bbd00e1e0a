"""Around semantic routers: what their examples are worth."""

from routelab.semantic.examples import ExampleReport, check_examples

__all__ = ["ExampleReport", "check_examples"]
