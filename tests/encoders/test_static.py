"""Static tables: word pieces as the reference tokenizer finds them, and sums of rows."""

import json
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st

from routelab import InputError, make_encoder, make_router, read_labels
from routelab.encoders import StaticEncoder, StaticTable
from routelab.encoders.static_table import _tokenizer_json, vocabulary_of
from routelab.routers import TRUSTED_TYPES

PIECES = ["[UNK]", "red", "blue", "##s", "##berry", "!", "b", "##l", "é", "東"]


@pytest.fixture
def folder(shared):
    found = shared / "models" / "minilm-l6-static-256"
    if not found.is_dir():
        pytest.skip("the static table is not there")
    pytest.importorskip("safetensors")
    return found


@pytest.fixture
def reference(folder):
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    unknown = tokenizer.token_to_id("[UNK]")
    return lambda texts: [
        [i for i in found.ids if i != unknown]
        for found in tokenizer.encode_batch(texts, add_special_tokens=False)
    ]


def table(width=3, **extra):
    rows = np.arange(len(PIECES) * width, dtype=float).reshape(-1, width)
    return StaticTable(PIECES, rows, **extra)


def test_pieces_equal_the_reference_on_real_prompts(folder, reference, data):
    prompts = read_labels(data / "clinc150" / "data_full.json")["prompt"].tolist()
    for name in ("banking77/train.csv", "complexity_flask/flask_dev.csv"):
        if (data / name).is_file():
            prompts += read_labels(data / name)["prompt"].tolist()
    prompts += [p[::-1].upper() for p in prompts[:2000]]
    found = StaticTable.load(folder).ids(prompts, max_tokens=10**6)
    assert [i.tolist() for i in found] == reference(prompts)


def test_pieces_equal_the_reference_for_every_character_of_common_scripts(folder, reference):
    # Latin, Greek, Cyrillic, Armenian; signs; kana; CJK; Hangul; emoji. Elsewhere the reference,
    # whose tables stop at Unicode 8, does not know some newer marks.
    ranges = [(0x20, 0x560), (0x2000, 0x2B00), (0x3000, 0x3130), (0x4E00, 0x9FA0)]
    ranges += [(0xAC00, 0xD7A0), (0x1F300, 0x1F650)]
    texts = [f"go{chr(c)}to {chr(c)} x" for low, high in ranges for c in range(low, high)]
    found = StaticTable.load(folder).ids(texts)
    pairs = zip(texts, found, reference(texts), strict=True)
    assert [text for text, ours, theirs in pairs if ours.tolist() != theirs] == []


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" \n\t", []),
        ("Reds", ["red", "##s"]),
        ("blueberry!", ["blue", "##berry", "!"]),
        ("blueberries", []),  # no way to the end of the word: unknown as a whole
        ("b" + "l" * 99, ["b"] + ["##l"] * 99),
        ("b" + "l" * 100, []),  # 101 characters
        ("red\x00s", ["red", "##s"]),  # control characters go without a trace
        ("red東blue", ["red", "東", "blue"]),
        ("réd", ["red"]),
        ("red…blue", ["red", "blue"]),
    ],
)
def test_pieces_of_a_word(text, pieces):
    assert [PIECES[i] for i in table().ids([text])[0]] == pieces


def test_vector_is_the_direction_of_offset_plus_sum_over_root_of_pieces():
    made = StaticTable(
        ["red", "blue"],
        [[3, 0], [0, 1]],
        pairs=np.array([[0, 1]]),
        pair_rows=np.array([[0, 3]]),
        offset=np.array([0, 0.5]),
    )
    # red blue: (3 + 0, 0 + 1 + 3) / sqrt(2) + (0, .5)
    expected = np.array([3 / 2**0.5, 4 / 2**0.5 + 0.5])
    np.testing.assert_allclose(
        made.vectors(["red blue"])[0], expected / np.linalg.norm(expected), rtol=1e-6
    )
    # blue red is another pair, without a row: (3, 1) / sqrt(2) + (0, .5)
    expected = np.array([3 / 2**0.5, 1 / 2**0.5 + 0.5])
    np.testing.assert_allclose(
        made.vectors(["blue red"])[0], expected / np.linalg.norm(expected), rtol=1e-6
    )
    assert not made.vectors(["", "green"]).any()


def test_pieces_beyond_the_limit_are_left_out():
    made = table()
    np.testing.assert_array_equal(made.vectors(["red blue"], 1), made.vectors(["red"]))


def test_large_batches_equal_single_prompts():
    made = table(pairs=np.array([[1, 2]]), pair_rows=np.array([[1.0, -1, 2]]))
    prompts = ["red blue", "", "berry", "Reds!", "東"] * 1000
    alone = np.vstack([made.vectors([p]) for p in prompts[:5]])
    np.testing.assert_array_equal(made.vectors(prompts), np.tile(alone, (1000, 1)))


def test_threads_share_one_table(folder):
    made, prompts = StaticTable.load(folder), ["sort a list", "Crème brûlée"] * 3000
    expected = made.vectors(prompts)
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(made.vectors, [prompts] * 4):
            np.testing.assert_array_equal(got, expected)


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_any_text_gets_a_finite_vector(text):
    row = table().vectors([text.encode("utf-8", "replace").decode()])[0]
    assert np.isfinite(row).all() and np.linalg.norm(row) < 1.0001


def test_saved_table_is_read_again_and_by_the_reference_tokenizer(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    made = table(pairs=np.array([[1, 2]]), pair_rows=np.ones((1, 3)), offset=np.ones(3))
    made.save(tmp_path / "own")
    again = make_encoder(f"static:{tmp_path / 'own'}")
    prompts = ["red blue", "blueberry!", "東 réd"]
    np.testing.assert_array_equal(again.transform(prompts), made.vectors(prompts))
    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "own" / "tokenizer.json"))
    for prompt, ids in zip(prompts, made.ids(prompts), strict=True):
        assert tokenizer.encode(prompt).ids == ids.tolist()


def test_weights_of_a_folder_scale_its_rows(tmp_path):
    safe = pytest.importorskip("safetensors.numpy")
    StaticTable(["[UNK]", "red", "blue"], np.eye(3)).save(tmp_path / "own")
    model = tmp_path / "own" / "model.safetensors"
    rows = np.array([[9, 9], [3, 0], [0, 1]], np.float16)
    safe.save_file({"embeddings": rows, "weights": np.array([1, 1, 3], np.float16)}, model)
    encoder = StaticEncoder(str(tmp_path / "own"))
    # "green" is unknown: the sum of (3, 0) and 3 * (0, 1)
    np.testing.assert_allclose(encoder.transform(["red blue green"]), [[0.5**0.5] * 2], rtol=1e-6)
    safe.save_file({"embeddings": rows[:2]}, model)
    with pytest.raises(InputError, match="3 pieces, the table 2 rows"):
        encoder.transform(["red"])
    safe.save_file({"other": rows}, model)
    with pytest.raises(InputError, match="holds no tensor 'embeddings', only other"):
        encoder.transform(["red"])


def test_another_tokenizer_is_refused_with_the_way_out(tmp_path):
    pytest.importorskip("safetensors")
    table().save(tmp_path / "own")
    path = tmp_path / "own" / "tokenizer.json"
    described = json.loads(path.read_text())
    described["model"]["type"] = "Unigram"
    path.write_text(json.dumps(described))
    with pytest.raises(InputError, match="this is 'Unigram': write 'model2vec:<folder>'"):
        make_encoder(f"static:{tmp_path / 'own'}").transform(["red"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"vocab": {"a": 0, "b": 2}}, "numbered 0 to 1 without gaps.*write 'model2vec:<folder>'"),
        ({"vocab": {"a": 0, "b": 0}}, "numbered 0 to 1 without gaps"),
        ({"max_input_chars_per_word": 20}, "up to 100 characters, this tokenizer 20: write 'model"),
    ],
)
def test_a_vocabulary_that_would_be_read_wrong_is_refused(changed, message, tmp_path):
    pytest.importorskip("safetensors")
    table().save(tmp_path / "own")
    path = tmp_path / "own" / "tokenizer.json"
    described = json.loads(path.read_text())
    described["model"] |= changed
    path.write_text(json.dumps(described))
    with pytest.raises(InputError, match=message):
        StaticTable.load(tmp_path / "own")


def test_a_tokenizer_that_states_no_longest_word_is_read():
    described = _tokenizer_json(["red", "blue"], "[UNK]")
    del described["model"]["max_input_chars_per_word"]
    assert vocabulary_of(described, "tokenizer.json") == (["red", "blue"], "[UNK]")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": np.full((10, 3), -70_000.0)}, "float16, which ends at 65,504, got 70000: scale"),
        ({"rows": np.ones((2, 3))}, "10 word pieces need as many rows"),
        ({"rows": np.full((10, 3), np.nan)}, "got NaN or infinity"),
        ({"rows": np.ones((10, 3)), "pairs": np.array([[0, 1]])}, "1 pairs need rows of width 3"),
    ],
)
def test_tables_are_checked(arguments, message):
    with pytest.raises(InputError, match=message):
        StaticTable(PIECES, **arguments)


def test_a_piece_that_occurs_twice_is_an_error():
    with pytest.raises(InputError, match="the entry at 1 occurs twice"):
        StaticTable(["red", "red"], np.eye(2)).vectors(["red"])


def test_a_stored_table_is_the_same_bit_for_bit(tmp_path):
    pytest.importorskip("safetensors")
    rng = np.random.default_rng(0)
    made = StaticTable(
        PIECES,
        rng.normal(size=(len(PIECES), 7)),
        pairs=np.array([[1, 2]]),
        pair_rows=rng.normal(size=(1, 7)),
        offset=rng.normal(size=7),
    )
    prompts = ["red blue", "blueberry!", "東 réd", "reds"]
    again = skops.io.loads(skops.io.dumps(StaticEncoder(made)), trusted=TRUSTED_TYPES)
    np.testing.assert_array_equal(again.transform(prompts), made.vectors(prompts))
    made.save(tmp_path / "own")
    loaded = StaticTable.load(tmp_path / "own")
    np.testing.assert_array_equal(loaded.vectors(prompts), made.vectors(prompts))


def test_router_carries_its_table():
    prompts = ["red red", "reds", "blue", "blueberry!"]
    router = make_router("centroid", encoder=StaticEncoder(table(width=4)))
    router = router.fit(prompts, ["r", "r", "b", "b"])
    stored = skops.io.dumps(router)
    again = skops.io.loads(stored, trusted=TRUSTED_TYPES)
    np.testing.assert_allclose(again.predict_proba(prompts), router.predict_proba(prompts))
    assert b"red red" not in stored


def test_model2vec_reads_by_its_package(monkeypatch):
    class StaticModel:
        @classmethod
        def from_pretrained(cls, name):
            if name == "none/there":
                raise OSError("no such model")
            return cls()

        def encode(self, prompts):
            return np.array([[3.0, 4.0 * len(p)] for p in prompts])

    stub = types.SimpleNamespace(StaticModel=StaticModel)
    monkeypatch.setitem(sys.modules, "model2vec", stub)
    rows = make_encoder("model2vec:some/name").transform(["x"])
    np.testing.assert_allclose(rows, [[0.6, 0.8]], rtol=1e-6)
    with pytest.raises(InputError, match="'model2vec:none/there' cannot be opened: no such model"):
        make_encoder("model2vec:none/there").transform(["x"])
    with pytest.raises(InputError, match="write 'model2vec:<folder or hub name>'"):
        make_encoder("model2vec")


def test_model2vec_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(InputError, match=r'pip install "routelab\[model2vec\]"'):
        make_encoder("model2vec:another/name").transform(["x"])
