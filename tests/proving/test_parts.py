"""The stand-in, the boot of a proxy, probes and figures, each by itself."""

from __future__ import annotations

import http.client
import json
import os
import stat
import threading

import pytest

import routelab as rl
from routelab.encoders import LitellmEncoder
from routelab.proving import Latency, proxy
from routelab.proving.client import Reply
from routelab.proving.failures import failing_requests
from routelab.proving.kernel import failure_differences
from routelab.proving.latency import cpu_seconds, measure
from routelab.proving.probes import Probe, decided_groups, read_probes
from routelab.proving.prove import embedder
from routelab.proving.proxy import Proxy, booted, environment
from routelab.proving.stand_in import Export, read_export
from routelab.proving.upstream import TIMED_OUT, Attempt, Fault, Upstream, serving


def post(port, path, body, timeout=10):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_the_stand_in_knows_every_attempt_by_entry_and_request():
    with serving(Upstream()) as upstream:
        upstream.expect([Fault(3, 7, 429, nth=2), Fault(4, 7, 500)])
        told = [
            post(upstream.port, f"/{entry}/v1/chat/completions", {"seed": 7, "model": "m"})
            for entry in (3, 3, 3, 4, 4)
        ]
        post(upstream.port, "/3/v1/chat/completions", {})
        assert [status for status, _ in told] == [200, 429, 200, 500, 500]
        assert told[0][1]["usage"] == {
            "prompt_tokens": 10,
            "completion_tokens": 1,
            "total_tokens": 11,
        }
        assert told[1][1]["error"]["code"] == "rate_limit_exceeded"
        attempts = upstream.attempts()
        assert [(a.entry, a.status) for a in attempts[7]] == [
            (3, 200), (3, 429), (3, 200), (4, 500), (4, 500),
        ]  # fmt: skip
        assert len(attempts[-1]) == 1 and upstream.calls(3) == 4 and upstream.calls(9) == 0
        assert all(a.t <= a.ended for a in attempts[7])


def test_a_client_that_hangs_up_is_a_timeout_and_one_that_waits_is_answered():
    with serving(Upstream()) as upstream:
        upstream.expect([Fault(0, 1, hold_s=5), Fault(0, 2, hold_s=0.05)])
        with pytest.raises(TimeoutError):
            post(upstream.port, "/0/v1/chat/completions", {"seed": 1}, timeout=0.05)
        assert post(upstream.port, "/0/v1/chat/completions", {"seed": 2})[0] == 200
        attempts = upstream.attempts()
        assert [attempts[n][0].status for n in (1, 2)] == [TIMED_OUT, 200]


def test_embeddings_are_those_of_the_plan_and_anything_else_is_refused():
    with serving(Upstream(lambda texts: [[len(text), 0.5] for text in texts])) as upstream:
        _, one = post(upstream.port, "/1/v1/embeddings", {"input": "abc"})
        _, two = post(upstream.port, "/1/v1/embeddings", {"input": ["a", "ab"]})
        assert one["data"] == [{"object": "embedding", "index": 0, "embedding": [3.0, 0.5]}]
        assert [row["embedding"][0] for row in two["data"]] == [1.0, 2.0]
    with serving(Upstream()) as upstream:
        for path in ("/1/v1/embeddings", "/x/v1/chat/completions", "/1/v1/images"):
            status, answer = post(upstream.port, path, {})
            assert (status, answer["error"]["message"]) == (404, f"nothing is served at {path!r}")


def test_a_service_of_embeddings_is_stood_in_for_by_the_plans_own_encoder(folder, plan):
    found = read_export(folder)
    assert embedder(found) is None
    encoder = LitellmEncoder("openai/text-embedding-3-small")
    router = type("Router", (), {"steps": [("encoder", encoder)]})()
    spec = plan.router.model_copy(update={"fitted": router})
    semantic = Export(folder, found.config, plan.model_copy(update={"router": spec}))
    assert embedder(semantic).__self__ is encoder
    assert embedder(Export(folder, found.config, plan.replace(router=None))) is None


def program(folder, text):
    """A stand-in for an interpreter that is given ``-c CODE --config .. --port PORT``."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_proxy_that_ends_is_an_error_with_its_log_and_without_keys(tmp_path):
    python = program(tmp_path, 'echo "first"; echo "key $LITELLM_MASTER_KEY"\n'
                               'echo "Bearer abcdefghijklmnopqrstuvwxyz"; exit 3')  # fmt: skip
    with (
        pytest.raises(rl.RoutelabError, match="ended with code 3 before it served") as raised,
        booted(tmp_path, python=python),
    ):
        pass
    lines = str(raised.value).splitlines()
    assert lines[1:] == ["first", "key [KEY]", "Bearer [KEY]"]


def test_a_proxy_that_never_serves_is_stopped_even_where_it_will_not(tmp_path, monkeypatch):
    monkeypatch.setattr(proxy, "BOOT_S", 0.5)
    monkeypatch.setattr(proxy, "STOP_S", 0.3)
    python = program(tmp_path, "trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done")
    with (
        pytest.raises(rl.RoutelabError, match=r"did not serve within 0.5 s"),
        booted(tmp_path, python=python),
    ):
        pass
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


SERVER = """
exec python3 -c '
import http.server, os, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), H).serve_forever()
' "$@"
"""


def test_ctrl_c_stops_the_proxy(tmp_path):
    with pytest.raises(KeyboardInterrupt), booted(tmp_path, python=program(tmp_path, SERVER)) as up:
        assert up.key not in repr(up)
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(up.pid, 0)


def test_a_proxy_that_ended_by_itself_needs_no_stop(tmp_path):
    with booted(tmp_path, python=program(tmp_path, SERVER)) as up:
        os.kill(up.pid, 9)
        os.waitid(os.P_PID, up.pid, os.WEXITED | os.WNOWAIT)


def test_an_interpreter_that_does_not_exist_is_an_error(tmp_path):
    with (
        pytest.raises(rl.RoutelabError, match="cannot run 'no-such-python': No such file"),
        booted(tmp_path, python="no-such-python"),
    ):
        pass


def test_the_environment_holds_nothing_of_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-user")
    other = environment(tmp_path, "sk-x", own=False)
    assert "sk-of-the-user" not in other.values() and "PYTHONPATH" not in other
    assert (other["LITELLM_MASTER_KEY"], other["HOME"]) == ("sk-x", str(tmp_path))
    assert os.path.isdir(
        os.path.join(environment(tmp_path, "k", own=True)["PYTHONPATH"], "routelab")
    )


def test_hostile_prompts_are_sent_as_they_are(tmp_path):
    hostile = [
        '"; rm -rf ~\n\r\t',
        "{{7*7}} ${HOME}",
        "<script>",
        "NA",
        "null",
        " ",
        "\x00é\u202e😀",
    ]
    assert [probe.prompt for probe in read_probes(hostile)[0]] == hostile
    path = tmp_path / "probes.jsonl"
    path.write_text("\n".join(json.dumps({"prompt": text}) for text in hostile), encoding="utf-8")
    probes, left_out = read_probes(path)
    assert [probe.prompt for probe in probes] == hostile and left_out == 0
    assert probes[0].body() == {"messages": [{"role": "user", "content": hostile[0]}]}
    assert probes[0].headers() == {"x-litellm-call-id": "routelab-probe-1"}


def test_rows_that_cannot_be_sent_are_counted_and_keep_their_numbers(tmp_path):
    probes, left_out = read_probes(["", "a", "half \ud800", "b"])
    assert [(probe.number, probe.prompt) for probe in probes] == [(2, "a"), (4, "b")]
    assert left_out == 2
    with pytest.raises(rl.InputError, match="not one prompt among the 1 rows"):
        read_probes([""])
    path = tmp_path / "probes.csv"
    path.write_text("text,tier\nhello,free\n,\nNA,\n", encoding="utf-8")
    probes, left_out = read_probes(path)
    assert [(probe.prompt, probe.tier) for probe in probes][0] == ("hello", "free")


def test_any_label_file_is_a_file_of_probes(tmp_path):
    path = tmp_path / "data_full.json"
    rows = {"train": [["hello", "greet"], ["bye", "leave"]], "test": [["what", "greet"]]}
    path.write_text(json.dumps(rows), encoding="utf-8")
    assert [probe.prompt for probe in read_probes(path)[0]] == ["hello", "bye", "what"]


def test_tokens_are_counted_where_a_rule_asks_for_them(monkeypatch):
    def words(body):
        return len(body["messages"][0]["content"].split())

    monkeypatch.setattr("routelab.proving.probes.count_tokens", words)
    plan = rl.Plan(models={"big": "gpt-4o", "cheap": "gpt-4o-mini"}, default="cheap",
                   rules=[{"model": "big", "min_input_tokens": 500}])  # fmt: skip
    probes, _ = read_probes(["word " * 600, "short"])
    assert decided_groups(plan, probes) == ["big", "cheap"]


def test_figures_of_latency_are_differences():
    latency = Latency(10, 12.5, 10.0, 3.0, 2.25)
    assert (latency.added_ms, latency.added_cpu_ms) == (2.5, 0.75)
    assert str(latency) == (
        "median +2.5 ms (12.5 against 10.0), CPU of the proxy +0.75 ms (3.00 against 2.25); "
        "10 requests each, interleaved"
    )
    unknown = Latency(10, 12.5, 10.0, None, None)
    assert unknown.to_dict()["added_cpu_ms"] is None
    assert "CPU of the proxy not measured here" in str(unknown)


class Counting:
    """A client that notes what it is asked."""

    def __init__(self, pid, status=200):
        self.proxy = Proxy(1, pid, "k")
        self.status = status
        self.asked = []

    def ask(self, model, body, headers):
        self.asked.append(model)
        seconds = 0.003 if model == "routed" else 0.001
        return Reply(len(self.asked), model, 0.0, seconds, self.status)


def test_blocks_of_both_kinds_take_turns():
    probes = [Probe(number, "x") for number in range(1, 12)]
    client, told = Counting(2**30), []
    found = measure(client, "routed", probes, ["direct"] * 11, told.append)
    assert client.asked == (
        ["routed"] * 5 + ["direct"] * 5 + ["direct"] * 5 + ["routed"] * 5 + ["routed", "direct"]
    )
    assert told == list(range(1, 23))
    assert found.added_ms == pytest.approx(2.0) and found.routed_cpu_ms is None  # no such process
    assert measure(Counting(1, 500), "routed", probes, ["direct"] * 11, told.append) is None


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="no /proc here")
def test_cpu_time_of_a_process_grows_with_its_work():
    before = cpu_seconds(os.getpid())
    threading.Thread(target=sum, args=(range(200_000),)).start()
    sum(range(2_000_000))
    assert 0 < cpu_seconds(os.getpid()) - before < 10


def test_the_trace_waits_for_short_cooldowns_and_reaches_the_second_fallback():
    pair = [{"id": "s1", "model": "gpt-4o"}, {"id": "s2", "model": "gpt-4o"}]
    plan = rl.Plan(
        models={"pair": pair, "lone": "gpt-4o-mini"},
        default="lone",
        fallbacks={"pair": ["lone"]},
        cooldown={"seconds": 3, "allowed_fails": 1},
    )
    trace = failing_requests(plan)
    assert [request.group for request in trace] == ["lone"] * 4 + ["pair"] * 8
    assert [request.wait_s for request in trace if request.wait_s] == [3.5, 3.5]
    assert set(trace[-1].deployments) == {"s1", "s2", "lone/gpt-4o-mini"}
    long = failing_requests(plan.replace(cooldown={"seconds": 60}))
    assert not any(request.wait_s for request in long) and len(long) == len(trace) - 2


PAIR = {"model_name": "g", "litellm_params": {}}
ENTRIES = [{**PAIR, "model_info": {"id": name}} for name in ("a", "b", "c")]


def replayed(plan, sent, *, asked="g", compare=None):
    """Replies and attempts as ``[(entry, status), ..]`` per request, all with a 429 on a."""
    export = Export(None, {"model_list": ENTRIES}, plan)
    replies, attempts, failing = [], {}, {}
    for number, seen in enumerate(sent):
        at = 0.5 * number
        ok = bool(seen) and seen[-1][1] == 200
        told = {"x-litellm-model-id": "abc"[seen[-1][0]]} if ok else {}
        replies.append(Reply(number, asked, at, 0.01, 200 if ok else 429, told))
        attempts[number] = [Attempt(number, e, at + 0.001, s, at + 0.002) for e, s in seen]
        failing[number] = [Fault(0, number, 429)]
    for number in range(compare or len(sent), len(sent)):
        del failing[number]
    return failure_differences(export, plan, replies, attempts, failing)


@pytest.fixture
def pair():
    models = {"g": [{"id": "a", "model": "gpt-4o"}, {"id": "b", "model": "gpt-4o"}]}
    return rl.Plan(models=models, default="g", cooldown={"seconds": 30})


def test_a_pick_of_a_deployment_that_cools_is_a_difference(pair):
    plan = pair
    assert replayed(plan, [[(0, 429), (1, 200)], [(1, 200)]]) == (3, [])
    compared, found = replayed(plan, [[(0, 429), (1, 200)], [(0, 429), (1, 200)]])
    assert compared == 4
    assert (found[0].number, found[0].expected) == (2, "b 200, served by b")
    assert found[0].got == "a 429, b 200, served by b"


def test_a_pick_outside_the_compared_requests_is_a_difference_too(pair):
    third = pair.models["g"][1].model_copy(update={"id": "c"})
    trio = pair.replace(models={"g": [*pair.models["g"], third]})
    compared, found = replayed(trio, [[(0, 429), (1, 200)], [(0, 200)]], compare=1)
    assert compared == 2
    assert [(d.number, d.got) for d in found] == [
        (0, "1 picks of a deployment that is out of the choice")
    ]


def test_requests_to_content_routing_count_for_the_group_that_served(pair):
    sent = [[(0, 429), (1, 200)], [], [(1, 200)]]
    assert replayed(pair, sent, asked="routelab", compare=1) == (2, [])
