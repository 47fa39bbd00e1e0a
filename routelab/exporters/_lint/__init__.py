"""The checks of `routelab lint`: one small function each, registered by its id.

A new check goes into the file of its subject, or into a new file here; it is found by itself.

=======  ==================================================
RL0..    the file (see ``lint.py``)
RL1..    keys and values: what the proxy reads
RL2..    references that must lead somewhere
RL3..    prices and budgets
RL4..    limits, retries, cooldown, fallbacks
RL5..    content routers
RL6..    secrets and access
=======  ==================================================
"""
