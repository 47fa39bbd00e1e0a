"""Reduce recordings of the real gateway to what `routelab verify` looks at, and keep them.

    python tools/keep_recordings.py SCENARIOS RECORDINGS KEPT

SCENARIOS is what tools/make_scenarios.py wrote, RECORDINGS what the recorder made of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

RESULT = ("id", "served", "cost", "finished", "error", "status", "attempts")
HEAD = ("scenario", "about", "mode", "entry", "seed", "litellm", "drain")
CONFIG = ("router", "litellm", "deployments", "raw_model_list", "outcomes")
EVENTS = ("cooldown", "retry_sleep")
EVENT = ("t", "event", "deployment", "status", "cooldown_time", "seconds")


def reduced(scenario: dict, recording: dict) -> dict:
    head = {key: recording[key] for key in HEAD if recording.get(key) is not None}
    config = {**recording["config"], "router": scenario["router"]}
    return {
        **head,
        "config": {key: config[key] for key in CONFIG if config.get(key)},
        "totals": recording["totals"],
        "trace": scenario["trace"],
        "results": [{k: row[k] for k in RESULT if k in row} for row in recording["results"]],
        "events": [
            {k: event[k] for k in EVENT if k in event}
            for event in recording["events"]
            if event["event"] in EVENTS
        ],
    }


def main() -> None:
    scenarios, recordings, kept = map(Path, sys.argv[1:4])
    kept.mkdir(parents=True, exist_ok=True)
    for path in sorted(recordings.glob("*.json")):
        scenario = json.loads((scenarios / path.name).read_text(encoding="utf-8"))
        recording = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps(reduced(scenario, recording), separators=(",", ":"))
        (kept / path.name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
