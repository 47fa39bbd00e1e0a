"""The command that compiles ahead of the first replay."""

from __future__ import annotations

from routelab.simulation.__main__ import main


def test_the_kernel_can_be_compiled_ahead(capsys):
    main()
    assert capsys.readouterr().out.startswith("the kernel is compiled: ")
