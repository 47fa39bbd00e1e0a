"""Settings as plain data: what may stand in a file, and what is refused with its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from routelab import InputError
from routelab.ui._settings import from_mapping, private, to_mapping


@dataclass(frozen=True)
class Config:
    share: float = 0.5
    routers: tuple[str, ...] = ()
    on: bool = True
    choice: str | None = None
    prompt: str = private("")


def test_what_is_written_is_read_back():
    config = Config(0.25, ("knn", "linear"), False, "a")
    data = to_mapping(config)
    assert data == {"share": 0.25, "routers": ["knn", "linear"], "on": False, "choice": "a"}
    assert Config(**from_mapping(Config, data)) == config


def test_private_fields_are_neither_written_nor_read():
    assert "prompt" not in to_mapping(Config(prompt="my salary"))
    with pytest.raises(InputError, match="no setting 'prompt'"):
        from_mapping(Config, {"prompt": "x"})


def test_numbers_of_numpy_are_written_as_pythons():
    data = to_mapping(Config(share=np.float64(0.25), on=np.bool_(True)))
    assert (type(data["share"]), type(data["on"])) == (float, bool)


def test_other_objects_are_refused():
    with pytest.raises(InputError, match="of type set cannot stand in a settings file"):
        to_mapping(Config(choice={1}))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"shares": 1}, r"settings: there is no setting 'shares' \(did you mean 'share'\?\)"),
        ({"share": "much"}, "settings: share: Input should be a valid number, got 'much'"),
        ({"on": 1}, "on: Input should be a valid boolean, got 1"),
        ({"routers": "knn"}, "routers: Input should be a valid tuple, got 'knn'"),
        ([1], "settings are a mapping, got list"),
    ],
)
def test_what_is_wrong_is_named(data, told):
    with pytest.raises(InputError, match=told):
        from_mapping(Config, data)


def test_a_whole_number_is_a_number():
    assert from_mapping(Config, {"share": 1}) == {"share": 1.0}


@pytest.mark.parametrize(
    "secret", ["sk-abcdefghijklmnopqrstuv", "Bearer abcdefghijklmnop1234", "ann@example.org"]
)
def test_secrets_and_addresses_are_neither_written_nor_read(secret):
    with pytest.raises(InputError, match="Config.choice looks like a secret") as told:
        to_mapping(Config(choice=secret))
    assert secret not in str(told.value)
    with pytest.raises(InputError, match="routers looks like a secret"):
        from_mapping(Config, {"routers": [secret]})


def test_a_value_named_key_is_a_secret_unless_it_names_a_variable():
    @dataclass(frozen=True)
    class Params:
        params: dict[str, str]

    with pytest.raises(InputError, match="looks like a secret"):
        to_mapping(Params({"api_key": "hunter2hunter2"}))
    with pytest.raises(InputError, match="looks like a secret"):
        to_mapping(Params({"more": {"api_key": "hunter2hunter2"}}))
    named = {"api_key": "os.environ/MY_KEY"}
    assert to_mapping(Params(named)) == {"params": named}
