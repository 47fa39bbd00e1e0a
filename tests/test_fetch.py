"""Fetching public sets: verified, resumed, offline; from a server on loopback."""

from __future__ import annotations

import hashlib
import http.server
import threading

import pytest

from routelab import InputError
from routelab import fetch as module

pytest.importorskip("pooch", reason="needs the extra 'fetch'")
BODY = bytes(range(256)) * 4000
FILE = module.RemoteFile("demo", "demo/a b.bin", "o/r", "c" * 40, "x/a b.bin",
                         hashlib.sha256(BODY).hexdigest(), len(BODY), "MIT")  # fmt: skip


class Server(http.server.BaseHTTPRequestHandler):
    """Serves BODY; `cut` bytes at most in the first answer; `ranges` says whether it resumes."""

    def do_GET(self):
        state = self.server.state
        state["asked"].append((self.path, self.headers.get("Range")))
        if state["status"] != 200:
            self.send_error(state["status"])
            return
        body = state["body"]
        start = 0
        if self.headers.get("Range") and state["ranges"]:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cut = state["cut"].pop() if state["cut"] else len(body)
        self.wfile.write(body[start:cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module, "_facts", lambda: [FILE])
    monkeypatch.delenv(module.DATA_VARIABLE, raising=False)
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    made.state = {"asked": [], "status": 200, "body": BODY, "ranges": True, "cut": []}
    made.base = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def test_a_set_is_fetched_once_and_verified(server, tmp_path):
    seen = []
    files = module.fetch("demo", tmp_path, base=server.base, progress=lambda *a: seen.append(a))
    assert [f.relative_to(tmp_path).as_posix() for f in files] == ["demo/a b.bin"]
    assert files[0].read_bytes() == BODY
    assert server.state["asked"] == [(f"/o/r/{'c' * 40}/x/a%20b.bin", None)]
    assert seen[-1] == (len(BODY), len(BODY)) and len(seen) > 2
    module.fetch("demo", tmp_path, base=server.base)
    assert len(server.state["asked"]) == 1
    assert [p.name for p in (tmp_path / "demo").iterdir()] == ["a b.bin"]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_is_resumed(server, tmp_path, ranges):
    server.state |= {"cut": [300_000], "ranges": ranges}
    with pytest.raises(InputError, match="broke off after .* call again to go on"):
        module.fetch("demo", tmp_path, base=server.base)
    part = tmp_path / "demo" / ".a b.bin.part"
    have = part.stat().st_size
    assert 0 < have <= 300_000
    (path,) = module.fetch("demo", tmp_path, base=server.base)
    assert path.read_bytes() == BODY
    assert server.state["asked"][1][1] == f"bytes={have}-"
    assert not part.exists()


def test_a_wrong_file_is_refused_and_not_kept(server, tmp_path):
    server.state["body"] = BODY[:-1] + b"!"
    with pytest.raises(InputError, match="not the published file"):
        module.fetch("demo", tmp_path, base=server.base)
    server.state["body"] = BODY + b"more"
    with pytest.raises(InputError, match="longer than"):
        module.fetch("demo", tmp_path, base=server.base)
    assert not (tmp_path / "demo" / "a b.bin").exists()


def test_a_server_that_refuses_is_an_error(server, tmp_path):
    server.state["status"] = 404
    with pytest.raises(InputError, match="the server answers 404"):
        module.fetch("demo", tmp_path, base=server.base)


def test_offline_from_a_folder_that_has_it(server, tmp_path, monkeypatch):
    local = tmp_path / "local"
    (local / "demo").mkdir(parents=True)
    (local / "demo" / "a b.bin").write_bytes(BODY)
    monkeypatch.setenv(module.DATA_VARIABLE, str(local))
    (path,) = module.fetch("demo", tmp_path / "here", base="http://127.0.0.1:9")
    assert path.read_bytes() == BODY and server.state["asked"] == []
    (local / "demo" / "a b.bin").write_bytes(BODY[:-1] + b"!")
    with pytest.raises(InputError, match="broke off"):
        module.fetch("demo", tmp_path / "there", base="http://127.0.0.1:9")


def test_names_and_paths_are_checked(server, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no set 'dema'.*did you mean 'demo'"):
        module.fetch("dema", tmp_path)
    evil = module.RemoteFile("demo", "../x", "o/r", "c", "x", "0", 1, "MIT")
    monkeypatch.setattr(module, "_facts", lambda: [evil])
    with pytest.raises(InputError, match="leaves the folder"):
        module.fetch("demo", tmp_path / "in")


def test_the_shipped_facts_are_those_of_the_data(data):
    known = module.sets()
    assert len(known) >= 15
    for files in known.values():
        for file in files:
            assert module._is_right(data / file.file, file), file.file
            assert len(file.commit) == 40 and file.licence
    assert "licence  CC BY 3.0" in module.describe("clinc150")
