"""Vectors kept on disk: encoded once, by whichever process."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from routelab import InputError, make_encoder, make_router
from routelab.encoders import CachedEncoder, PromptEncoder, StaticEncoder, StaticTable
from routelab.encoders.cache import default_cache, identity
from routelab.encoders.sentence_transformers import SentenceTransformersEncoder

TABLE = StaticTable(["red", "blue", "green"], np.random.default_rng(0).normal(size=(3, 5)))


class Counting(PromptEncoder):
    """Counts what it encodes; fails at a given prompt."""

    learns = False
    asked: list[str] = []

    def __init__(self, fail_at=None, width=4, value=1.0):
        self.fail_at = fail_at
        self.width = width
        self.value = value

    def transform(self, X):
        if self.fail_at is not None and self.fail_at in X:
            raise TimeoutError("the service is away")
        Counting.asked += list(X)
        return np.array([[self.value * (len(x) + i) for i in range(self.width)] for x in X])


@pytest.fixture(autouse=True)
def count():
    Counting.asked = []


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "kept.sqlite")


def test_adding_ten_prompts_encodes_ten(path):
    old, new = [f"old {i}" for i in range(50)], [f"new {i}" for i in range(10)]
    CachedEncoder(Counting(), path).transform(old)
    Counting.asked = []
    CachedEncoder(Counting(), path).transform(old + new + new)
    assert Counting.asked == new


def test_vectors_are_the_same_bit_for_bit(path):
    prompts = ["red", "blue green", "", "red"]
    plain = StaticEncoder(TABLE).transform(prompts)
    for _ in range(2):
        np.testing.assert_array_equal(
            CachedEncoder(StaticEncoder(TABLE), path).transform(prompts), plain
        )


def test_what_was_encoded_before_a_failure_is_not_encoded_again(path):
    prompts = [f"prompt {i}" for i in range(10)]
    with pytest.raises(TimeoutError):
        CachedEncoder(Counting("prompt 7"), path, batch_size=2).transform(prompts)
    assert Counting.asked == prompts[:6]
    # fail_at is a parameter, so this is another encoder: it starts anew
    CachedEncoder(Counting("never"), path, batch_size=2).transform(prompts)
    assert Counting.asked == prompts[:6] + prompts


def test_resuming_pays_for_the_rest_only(path, monkeypatch):
    prompts = [f"prompt {i}" for i in range(10)]
    whole, away = Counting.transform, {"prompt 7"}

    def transform(self, X):
        if away & set(X):
            raise TimeoutError("the service is away")
        return whole(self, X)

    monkeypatch.setattr(Counting, "transform", transform)
    encoder = CachedEncoder(Counting(), path, batch_size=2)
    with pytest.raises(TimeoutError):
        encoder.transform(prompts)
    away.clear()
    encoder.transform(prompts)
    assert Counting.asked == prompts  # each once


def test_other_parameters_are_another_encoder(path):
    assert identity(Counting(width=3)) != identity(Counting(width=4))
    CachedEncoder(Counting(width=3), path).transform(["a"])
    assert CachedEncoder(Counting(width=4), path).transform(["a"]).shape == (1, 4)
    assert CachedEncoder(Counting(width=4), path).info()["entries"] == 2


def test_a_replaced_model_is_another_encoder(tmp_path):
    pytest.importorskip("safetensors")
    TABLE.save(tmp_path / "own")
    encoder = StaticEncoder(str(tmp_path / "own"))
    before = identity(encoder)
    StaticTable(["red"], np.ones((1, 2))).save(tmp_path / "own", force=True)
    assert identity(encoder) != before
    assert identity(StaticEncoder(TABLE)) != identity(StaticEncoder(StaticTable(["a"], [[1.0]])))


def test_weights_in_a_subfolder_tell_a_retrained_model(tmp_path):
    weights = tmp_path / "model" / "0_Transformer" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"old")
    encoder = SentenceTransformersEncoder(str(tmp_path / "model"))
    before = identity(encoder)
    assert identity(encoder) == before
    weights.write_bytes(b"retrained")
    assert identity(encoder) != before


def test_prompts_are_not_in_the_file(path):
    CachedEncoder(Counting(), path).transform(["a secret of the user"])
    held = b"".join(file.read_bytes() for file in Path(path).parent.iterdir())
    assert b"secret" not in held
    assert os.stat(path).st_mode & 0o077 == 0


def test_clear_forgets_one_encoder(path):
    CachedEncoder(Counting(), path).transform(["a", "b"])
    CachedEncoder(StaticEncoder(TABLE), path).transform(["red"])
    assert CachedEncoder(Counting(), path).clear() == 2
    assert CachedEncoder(Counting(), path).info()["entries"] == 1


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ("tfidf", "TfidfEncoder learns from prompts"),
        ("hashing", "the cache keeps dense rows"),
        (Counting(value=np.nan), "gave NaN or infinity"),
    ],
)
def test_what_cannot_be_kept_is_refused(encoder, message, path):
    with pytest.raises(InputError, match=message):
        CachedEncoder(encoder, path).transform(["a"])


def test_a_file_that_is_no_cache_is_named(tmp_path):
    (tmp_path / "other.txt").write_text("not a database, but long enough to be read as one" * 50)
    with pytest.raises(InputError, match=r"other\.txt' cannot be used as a cache"):
        CachedEncoder(Counting(), str(tmp_path / "other.txt")).transform(["a"])


def test_the_default_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "routelab" / "embeddings.sqlite"


def test_a_cached_encoder_has_a_name():
    assert isinstance(make_encoder("cached:static:somewhere").encoder, StaticEncoder)
    with pytest.raises(InputError, match="write 'cached:onnx:<folder>'"):
        make_encoder("cached")
    with pytest.raises(InputError, match="unknown encoder 'onx'"):
        make_encoder("cached:onx:somewhere")


def test_routers_clone_and_fit_with_it(path):
    router = make_router("knn", encoder=CachedEncoder(StaticEncoder(TABLE), path), k=1)
    fitted = clone(router).fit(["red", "blue"], ["r", "b"])
    assert fitted.predict(["red red", "blue"]).tolist() == ["r", "b"]


WRITER = """
import sys, numpy as np, time
from routelab.encoders import CachedEncoder, PromptEncoder
class Slow(PromptEncoder):
    learns = False
    def transform(self, X):
        time.sleep(float(sys.argv[3]))
        return np.array([[float(len(x)), 1.0] for x in X])
Slow.__module__ = "tests"
prompts = [f"prompt {i}" for i in range(int(sys.argv[2]))]
print("ready", flush=True)
print(CachedEncoder(Slow(), sys.argv[1], batch_size=5).transform(prompts).shape)
"""


def writer(path, n, delay):
    command = [sys.executable, "-c", WRITER, path, str(n), str(delay)]
    env = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def entries(path):
    with sqlite3.connect(path) as file:
        return file.execute("select count(*) from vectors").fetchone()[0]


def test_a_killed_process_harms_nothing(path):
    process = writer(path, 500, 0.01)
    process.stdout.readline()
    deadline = time.monotonic() + 60
    while not (os.path.exists(path) and os.path.getsize(path) and entries_or_none(path)):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = entries(path)
    assert 0 < kept < 500 and kept % 5 == 0  # whole batches
    again = writer(path, 500, 0)
    assert again.communicate(timeout=60)[0].endswith("(500, 2)\n")
    assert entries(path) == 500


def entries_or_none(path):
    try:
        return entries(path)
    except sqlite3.OperationalError:  # no table yet, or locked
        return None


def test_processes_fill_one_file(path):
    running = [writer(path, 200, 0.001) for _ in range(3)]
    for process in running:
        assert process.communicate(timeout=120)[0].endswith("(200, 2)\n")
    assert entries(path) == 200
