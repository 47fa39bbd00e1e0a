"""A gateway that answers like LiteLLM's proxy as far as a proof looks, and does as it is told.

It asks the first deployment of a group once. Real proxies take half a minute to boot.
"""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

from routelab.proving.proxy import Proxy


class Gateway:
    """`choose` maps a request body to a group; the other arguments are ways to be wrong."""

    def __init__(self, choose=None, *, drops=(), adds=(), headers=None, fails=(), fallback=None):
        self.choose = choose
        self.drops, self.adds = drops, adds
        self.headers = headers or {}
        self.fails = fails
        self.fallback = fallback
        self.bodies = []

    @contextmanager
    def booted(self, folder, *, python=None, waiting=None):
        self.python = python
        self.config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        self.files = sorted(path.name for path in folder.iterdir())
        handler = type("Handler", (_Handler,), {"gateway": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield Proxy(server.server_address[1], os.getpid(), "sk-of-this-run")
        finally:
            server.shutdown()
            server.server_close()

    @property
    def loaded(self):
        kept = [e for e in self.config["model_list"] if e["model_name"] not in self.drops]
        return [{"model_info": {"id": "a hash"}, **entry} for entry in kept]

    def answer(self, body):
        """Return (status, headers, answer)."""
        self.bodies.append(body)
        asked = body["model"]
        entries = [e for e in self.loaded if "api_base" in e["litellm_params"]]
        groups = {entry["model_name"] for entry in entries}
        group = asked if asked in groups else self.choose(body)
        if len(self.bodies) in self.fails:
            return 400, {}, {"error": {"message": "no such model"}}
        fallbacks = 0
        try:
            entry, answer = self._forward(entries, group, body)
        except urllib.error.HTTPError as error:
            if self.fallback is None:
                return error.code, {}, {"error": {"message": "it failed"}}
            fallbacks = 1
            entry, answer = self._forward(entries, self.fallback, body)
        told = {
            "x-litellm-version": "0.0.0",
            "x-litellm-model-id": entry["model_info"]["id"],
            "x-litellm-model-group": asked,
            "x-litellm-attempted-fallbacks": str(fallbacks),
            **self.headers,
        }
        return 200, told, answer

    def _forward(self, entries, group, body):
        entry = next(e for e in entries if e["model_name"] == group)
        url = f"{entry['litellm_params']['api_base']}/chat/completions"
        asked = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
        asked.add_header("content-type", "application/json")
        with urllib.request.urlopen(asked) as response:
            return entry, json.load(response)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        gateway = self.gateway
        if self.headers.get("authorization") != "Bearer sk-of-this-run":
            self.reply(401, {}, {})
        elif self.path == "/model/info":
            settings = gateway.config.get("router_settings") or {}
            again = [  # LiteLLM lists the deployments behind an alias once more, under its name
                {**entry, "model_name": alias}
                for alias, group in (settings.get("model_group_alias") or {}).items()
                for entry in gateway.loaded
                if entry["model_name"] == group
            ]
            self.reply(200, {}, {"data": gateway.loaded + again})
        elif self.path == "/v1/models":
            names = {entry["model_name"] for entry in gateway.loaded} | set(gateway.adds)
            aliases = gateway.config["router_settings"].get("model_group_alias") or {}
            self.reply(200, {}, {"data": [{"id": name} for name in names | set(aliases)]})
        else:
            self.reply(404, {}, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.reply(*self.gateway.answer(body))

    def reply(self, status, headers, answer):
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
