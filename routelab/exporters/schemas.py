"""The JSON Schemas of the files that routelab reads and writes, for editors and other programs."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from routelab._checks import InputError, did_you_mean
from routelab.exporters._bundle_manifest import FORMAT, Manifest
from routelab.plan import Plan

#: Name -> (model, version of its format).
SCHEMAS: dict[str, tuple[type[BaseModel], int]] = {"bundle": (Manifest, FORMAT), "plan": (Plan, 1)}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of file.

    What it accepts may still be refused, for a schema does not see whether a name leads to
    something. In one case it asks for more than routelab does: a number is no text.

    Parameters
    ----------
    name : {"bundle", "plan"}
        ``manifest.json`` of a bundle, or a plan's YAML, short forms included.

    Raises
    ------
    InputError
        There is no such schema.

    Examples
    --------
    >>> schema = json_schema("plan")
    >>> schema["$id"], schema["required"]
    ('urn:routelab:plan:1', ['models', 'default'])
    """
    if name not in SCHEMAS:
        raise InputError(
            f"there is no schema {name!r}{did_you_mean(name, SCHEMAS)}; "
            f"known: {', '.join(sorted(SCHEMAS))}"
        )
    model, version = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:routelab:{name}:{version}",
    }
    return head | model.model_json_schema()


def schema_text(name: str) -> str:
    """Return :func:`json_schema` as the text of a file."""
    return json.dumps(json_schema(name), indent=1) + "\n"
