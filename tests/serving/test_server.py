"""The real server on a free port of this machine, and the command around it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from routelab import InputError, Plan, create_app
from routelab.serving import serve, server

PLAN = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
BODY = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def started(monkeypatch):
    """Return a function that serves in a thread and gives the lines told, and stops at the end."""
    made, threads = [], []
    original = server.make_server

    def keep(app):
        made.append(original(app))
        return made[-1]

    monkeypatch.setattr(server, "make_server", keep)

    def start(app, **options):
        lines = []
        thread = threading.Thread(
            target=serve, args=(app,), kwargs={"tell": lines.append, **options}
        )
        thread.start()
        threads.append(thread)
        deadline = time.monotonic() + 20
        while not (made and made[-1].started):
            assert time.monotonic() < deadline and thread.is_alive()
            time.sleep(0.02)
        return lines

    yield start
    for one in made:
        one.should_exit = True
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_the_real_server_answers_on_loopback(started):
    (line,) = started(create_app(PLAN), port=0)
    address = re.search(r"http://127\.0\.0\.1:\d+/v1/route", line)[0]
    with httpx.Client(trust_env=False) as client:
        answer = client.post(address, json=BODY)
    assert answer.status_code == 200 and answer.json()["model"] == "gpt-4o-mini"
    assert "server" not in answer.headers


def test_a_slow_body_is_given_up(started):
    (line,) = started(create_app(PLAN, body_timeout_s=0.2), port=0)
    port = int(re.search(r":(\d+)/v1", line)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        head = "POST /v1/route HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        peer.sendall(f"{head}content-length: 99\r\n\r\n{{".encode())
        answer = peer.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 408") and "more than 0.2 seconds" in answer


def test_every_address_is_served_with_a_warning(started):
    lines = started(create_app(PLAN), host="0.0.0.0", port=0)
    assert lines[0] == "warning: 0.0.0.0 is reached from other machines, and no key is asked for"


def test_a_host_of_ipv6_is_shown_in_brackets(started):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    (line,) = started(create_app(PLAN), host="::1", port=0)
    assert "http://[::1]:" in line


def test_only_addresses_of_this_machine_are_loopback():
    assert server.is_loopback("localhost") and server.is_loopback("127.0.0.9")
    assert not server.is_loopback("example.org")


def test_an_address_that_cannot_be_opened_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen on '127.0.0.1', port {port}: Address"):
            server.listen("127.0.0.1", port)
    with pytest.raises(InputError, match="0.0.0.0 is all of them"):
        server.listen("", 8100)
    with pytest.raises(InputError, match="port must be from 0 to 65535, got 70000"):
        server.listen("127.0.0.1", 70000)


def test_the_command_serves_a_plan_until_it_is_interrupted(tmp_path):
    PLAN.to_yaml(tmp_path / "plan.yaml")
    code = "from routelab.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", str(tmp_path / "plan.yaml"), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        line = process.stderr.readline()
        address = re.search(r"http://\S+/v1/route", line)[0]
        secret = {"model": "auto", "messages": [{"role": "user", "content": "xyzzy"}]}
        with httpx.Client(trust_env=False) as client:
            assert client.post(address, json=secret).json()["model_group"] == "cheap"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(20) in (0, 130)
    assert "xyzzy" not in rest


def test_the_command_hands_its_options_on(run, tmp_path, monkeypatch):
    PLAN.to_yaml(tmp_path / "plan.yaml")
    seen = {}

    def fake(app, *, host, port, tell, ready):
        seen.update(host=host, port=port)
        tell("told")
        ready("http://127.0.0.1:1/v1/route")

    monkeypatch.setattr("routelab.serving.serve", fake)
    code, out, err = run("serve", tmp_path / "plan.yaml", "--max-body-kb", 1)
    assert (code, out, err) == (0, "", "told\n")
    assert seen == {"host": "127.0.0.1", "port": 8100}
    code, out, err = run("serve", tmp_path / "plan.yaml", "--json")
    assert (code, out) == (0, '{"address": "http://127.0.0.1:1/v1/route"}\n')


def test_bad_input_is_one_line_and_exit_code_2(run, tmp_path):
    PLAN.to_yaml(tmp_path / "plan.yaml")
    cases = [
        ((tmp_path / "none.zip",), "does not exist"),
        ((tmp_path / "plan.yaml", "--port", 99999), "port must be from 0 to 65535"),
        ((tmp_path / "plan.yaml", "--max-body-kb", 0), "max_body_bytes must be above 0, got 0"),
    ]
    for arguments, message in cases:
        code, out, err = run("serve", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), arguments
        assert message in err


def test_without_the_extra_its_name_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(InputError, match=r'pip install "routelab\[serve\]"'):
        create_app(PLAN)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(InputError, match=r'pip install "routelab\[serve\]"'):
        server.make_server(None)
