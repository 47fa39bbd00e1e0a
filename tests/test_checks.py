"""Errors as readers of a notebook see them."""

from __future__ import annotations

from routelab import InputError


def test_a_notebook_shows_an_input_error_as_its_one_line():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shown = []
    shell._showtraceback = lambda kind, value, lines: shown.append(lines)
    try:
        shell.run_cell("from routelab import InputError\nraise InputError('there is no prompt')")
    finally:
        del shell._showtraceback
        InteractiveShell.clear_instance()
    assert shown == [["InputError: there is no prompt"]]
    assert str(InputError("x")) == "x"
