"""A fake service of embeddings on loopback, and an encoder that asks it."""

from __future__ import annotations

import http.server
import json
import math
import threading

import numpy as np
import pytest

from routelab.encoders import LitellmEncoder

KEY = "sk-not-a-real-key-000000"
MODEL = "openai/text-embedding-3-small"  # 0.02 USD per million tokens, 8191 tokens per text


def vector(text, width=4):
    return [float(len(text)), float(len(text.split())), 1.0, 0.5, 0.25, 0.125][:width]


class Handler(http.server.BaseHTTPRequestHandler):
    """Speaks OpenAI's /embeddings; `script` names what goes wrong, request by request."""

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.asked.append(body)
            server.keys.add(self.headers["Authorization"])
            step = server.script.pop(0) if server.script else "good"
        if step == "silence":
            server.closing.wait(20)
            self.close_connection = True
            return
        status, headers = step if isinstance(step, tuple) else (200, {})
        data = {"error": {"message": f"no, {KEY} is wrong", "code": status}}
        if status == 200:
            data = self.embeddings(body, step)
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def embeddings(self, body, step):
        texts = body["input"]
        items = [
            {"object": "embedding", "index": i, "embedding": vector(t, body.get("dimensions", 4))}
            for i, t in enumerate(texts)
        ]
        if step == "fewer":
            items.pop()
        elif step == "wide":
            items[-1]["embedding"] = [1.0] * 7
        elif step == "nan":
            items[-1]["embedding"][1] = math.nan
        elif step == "empty":
            items[-1]["embedding"] = []
        elif step == "twice":
            items[-1]["index"] = 0
        elif step == "turned":
            items.reverse()
        tokens = sum(10 for _ in texts)
        usage = {} if step == "uncounted" else {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "model": body["model"], "data": items, "usage": usage}

    def log_message(self, *_):
        pass


class Service(http.server.ThreadingHTTPServer):
    """What was asked, with which keys, and what the next answers are."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.asked, self.script, self.keys = [], [], set()
        self.lock, self.closing = threading.Lock(), threading.Event()

    def sent(self):
        return [text for body in self.asked for text in body["input"]]

    def expected(self, texts, width=4):
        rows = np.array([vector(text, width) for text in texts])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    made = Service(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{made.server_port}/v1")
    yield made
    made.closing.set()
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "kept.sqlite")


@pytest.fixture
def encoder(server, path):
    """Small requests, and waits of no length."""
    return LitellmEncoder(MODEL, cache=path, batch_size=3, wait_s=0.0, timeout_s=10)
