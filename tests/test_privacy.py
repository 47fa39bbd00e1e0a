"""Redaction finds what has a form, leaves what has none, and takes linear time."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routelab import InputError, hash_ids, redact, redact_traffic
from routelab.privacy import salt_from_env

SECRETS = {
    "KEY": [
        "sk-proj-abcdefghijklmnop1234", "sk-ant-api03-" + "a1B2" * 8, "AKIA" + "A1B2" * 4,
        "ghp_" + "a1B2c3" * 6, "xoxb-1234567890-abcdef", "AIza" + "a" * 35, "hf_" + "aB3" * 11,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAK\n-----END RSA PRIVATE KEY-----",
    ],
    "EMAIL": ["ann@example.org", "a.b+c@mail.example.co.uk"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
    "CARD": ["4111 1111 1111 1111", "5500-0000-0000-0004", "3782 822463 10005", "378282246310005"],
    "PHONE": ["+44 20 7946 0958", "+1 (415) 555-2671", "(415) 555-2671", "415-555-2671"],
}  # fmt: skip
EVERY = [(kind, secret) for kind, found in SECRETS.items() for secret in found]


@pytest.mark.parametrize(("kind", "secret"), EVERY)
def test_secrets_are_replaced_by_their_kind(kind, secret):
    assert redact(f"before {secret} after") == f"before [{kind}] after"


@pytest.mark.parametrize("text", [
    "4111 1111 1111 1112",  # Luhn's sum is wrong
    "DE89 3704 0044 0532 0140 00",  # the remainder is not 1
    "order 1234567890123456789012", "version 3.11.7-rc1", "2026-01-05T10:00:00Z", "a@b",
    "+1", "sk-short", "the key is under the mat", "x = y @ z", "1000-2000-300", "IPv4 10.0.0.1",
])  # fmt: skip
def test_what_only_looks_like_it_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(("kind", "text"), [
    ("CARD", "{} 000"), ("CARD", "2026 {}"), ("CARD", "12 {} 4111"), ("IBAN", "{} AB12 CD34"),
    ("PHONE", "{} (2026-01-01)"),
])  # fmt: skip
def test_numbers_beside_it_do_not_hide_it(kind, text):
    for secret in SECRETS[kind][:1]:
        assert redact(text.format(secret)) == text.format(f"[{kind}]")


def test_values_after_key_and_bearer():
    assert redact("url?api_key=abc123def&x=1") == "url?api_key=[KEY]&x=1"
    assert redact("password=hunter22 ok") == "password=[KEY] ok"
    assert redact("Authorization: Bearer abc.def-123456789_x") == "Authorization: Bearer [KEY]"


@given(st.text(max_size=60), st.lists(st.sampled_from(EVERY), max_size=3), st.text(max_size=20))
def test_nothing_survives_and_twice_is_once(before, found, after):
    text = before + " " + " | ".join(secret for _, secret in found) + " " + after
    once = redact(text)
    assert redact(once) == once
    for _, secret in found:
        assert secret not in once


@pytest.mark.parametrize("hostile", ["a" * 1_000_000, "a." * 500_000 + "@", "1 " * 500_000,
                                     "+1" * 500_000, "-----BEGIN PRIVATE KEY-----" * 20_000,
                                     "AB12" * 250_000, "eyJ" * 300_000])  # fmt: skip
def test_a_megabyte_of_hostile_text_is_gone_through(hostile):
    assert redact(hostile) == hostile  # patterns of quadratic time would take hours


def test_traffic_keeps_its_other_columns():
    frame = pd.DataFrame({"prompt": ["a@b.org a@b.org", None], "user": ["a@b.org", "u"]})
    clean, counts = redact_traffic(frame)
    assert clean.prompt[0] == "[EMAIL] [EMAIL]" and clean.prompt.isna()[1]
    assert counts == {"EMAIL": 2}
    assert clean.user.tolist() == ["a@b.org", "u"]
    assert frame.prompt[0] == "a@b.org a@b.org"


def test_ids_are_hashed_with_the_salt():
    frame = pd.DataFrame({"user": ["ann", None, "bob", "ann"], "model": ["m"] * 4})
    one, two = hash_ids(frame, "s" * 16), hash_ids(frame, "t" * 16)
    assert one.user[0] == one.user[3] != one.user[2]
    assert one.user.isna().tolist() == [False, True, False, False]
    assert set(one.user.dropna()).isdisjoint(two.user.dropna())
    assert one.user.dropna().str.fullmatch("[0-9a-f]{16}").all()
    with pytest.raises(InputError, match="at least 16 characters") as error:
        hash_ids(frame, "secret")
    assert "secret" not in str(error.value)


def test_the_salt_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MY_SALT", "x" * 16)
    assert salt_from_env("MY_SALT") == "x" * 16
    monkeypatch.setenv("MY_SALT", "short")
    with pytest.raises(InputError, match="'MY_SALT' holds 5 characters; it must hold") as error:
        salt_from_env("MY_SALT")
    assert "short" not in str(error.value)
