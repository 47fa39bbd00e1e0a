"""Run by the tests in one process of its own: real configs loaded by the real proxy, and asked.

Reads JSON ``[[path, [request body, ..]], ..]`` on standard input; each config is loaded in a fork
of a process that imported litellm and routelab once. Writes one line ``ASKED [answer, ..]``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys


async def ask(path: str, bodies: list[dict]) -> dict:
    import litellm
    from litellm.proxy import proxy_server
    from litellm.proxy._types import UserAPIKeyAuth

    os.chdir(os.path.dirname(path))
    router, _, _ = await proxy_server.ProxyConfig().load_config(router=None, config_file_path=path)
    served = []
    for body in bodies:
        key = UserAPIKeyAuth(api_key="x", metadata=body.pop("key_metadata", {}))
        data = await proxy_server.proxy_logging_obj.pre_call_hook(
            user_api_key_dict=key, data=dict(body), call_type="acompletion"
        )
        routed = await router.async_pre_routing_hook(
            model=data["model"], request_kwargs=data, messages=data["messages"]
        )
        group = data["model"] if routed is None else routed.model
        served.append((await router.async_get_available_deployment(group, {}))["model_name"])
    listed = [[d["model_name"], d["model_info"]["id"]] for d in router.get_model_list()]
    hooks = [type(c).__name__ for c in litellm.callbacks if type(c).__name__ == "RoutelabHook"]
    return {"listed": listed, "names": router.get_model_names(), "served": served, "hooks": hooks}


def answer(path: str, bodies: list[dict]) -> dict:
    """Ask in a fork, so that one import of litellm serves all configs."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            told = asyncio.run(ask(path, bodies))
        except BaseException as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        with os.fdopen(write, "w") as out:
            json.dump(told, out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as back:
        told = json.load(back)
    os.waitpid(child, 0)
    return told


if __name__ == "__main__":
    import litellm.proxy.proxy_server  # noqa: F401

    import routelab.exporters.litellm.decider  # noqa: F401

    asked = json.load(sys.stdin)
    print("ASKED " + json.dumps([answer(*one) for one in asked]))  # noqa: T201
