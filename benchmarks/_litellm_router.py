"""Drive litellm.Router over a trace with mocked answers; print requests per second as JSON."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import sys
import time

import numpy as np

GROUPS = 6


async def drive(rows: np.ndarray) -> float:
    import litellm
    from litellm import Router

    litellm.suppress_debug_info = True
    router = Router(
        model_list=[
            {
                "model_name": f"m{i}",
                "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "none"},
            }
            for i in range(GROUPS)
        ],
        num_retries=0,
        allowed_fails=3,
        cooldown_time=30,
        fallbacks=[{f"m{i}": [f"m{(i + 1) % GROUPS}"]} for i in range(GROUPS)],
    )

    async def ask(row: np.ndarray) -> None:
        await router.acompletion(
            model=f"m{int(row[0])}",
            messages=[{"role": "user", "content": "hello"}],
            mock_response="ok",
        )

    for row in rows[:50]:
        await ask(row)
    start = time.perf_counter()
    for row in rows:
        await ask(row)
    return len(rows) / (time.perf_counter() - start)


if __name__ == "__main__":
    found = asyncio.run(drive(np.load(sys.argv[1])))
    version = importlib.metadata.version("litellm")
    print(json.dumps({"requests_per_s": found, "version": version}))
