"""Which failures are tried again, and after which wait."""

import datetime
import email.utils

import pytest

from routelab import InputError
from routelab.encoders import EmbeddingServiceError
from routelab.encoders._backoff import Backoff, Failure, asked_wait_s, failure_of


class ServerError(Exception):
    def __init__(self, status, headers=None):
        super().__init__("sk-secret-of-the-user")
        self.status_code = status
        self.litellm_response_headers = headers


def run(errors, retries=5, draw=0.0):
    """Raise the errors one after the other; return waits, what was told, and the answer."""
    waits, told, left = [], [], list(errors)

    def call():
        if left:
            raise left.pop(0)
        return "answer"

    backoff = Backoff(retries, 1.0, sleep=waits.append, draw=lambda: draw)
    return backoff.run("the service", call, lambda f, again: told.append(again)), waits, told


@pytest.mark.parametrize(("draw", "waits"), [(0.0, [0.5, 1, 2, 4]), (0.5, [0.75, 1.5, 3, 6])])
def test_waits_double_and_half_of_each_is_drawn(draw, waits):
    # 1, 2, 4, 8 s; (1 + 0) / 2 and (1 + 0.5) / 2 of them
    errors = [ServerError(status) for status in (429, 500, 503, 408)]
    assert run(errors, draw=draw) == ("answer", waits, [True] * 4)


def test_a_wait_is_a_minute_at_most():
    _, waits, _ = run([ServerError(500)] * 8, retries=8)
    assert waits[-2:] == [30, 30]


def test_a_wait_that_the_service_asks_for_is_not_shortened():
    error = ServerError(429, {"retry-after": "7"})
    assert run([error])[1] == [7]
    assert run([error], draw=0.5)[1] == [7.25]  # and half of half a second


def test_a_service_that_asks_for_more_than_ten_minutes_is_given_up():
    with pytest.raises(EmbeddingServiceError, match="asks to wait 601 s: ServerError .status 429"):
        run([ServerError(429, {"retry-after": "601"})])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, None, "?"])
def test_what_is_refused_is_not_sent_again(status):
    with pytest.raises(InputError, match="the service refused the request: ServerError") as caught:
        run([ServerError(status)])
    assert "sk-secret" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_the_last_failure_is_told():
    with pytest.raises(EmbeddingServiceError, match="failed 3 times, last with ServerError .statu"):
        run([ServerError(500)] * 3, retries=2)


def test_own_errors_pass_through():
    with pytest.raises(InputError, match="above the cap"):
        run([InputError("above the cap")])


def test_a_parameter_that_a_model_lacks_is_no_failure_of_the_server():
    assert Failure("InternalServerError", 500).temporary
    assert not Failure("UnsupportedParamsError", 500).temporary


def test_headers_are_found_where_they_are():
    class Answer:
        headers = {"retry-after": "4"}

    error = ServerError("503")
    error.response = Answer()
    assert failure_of(error) == Failure("ServerError", 503, 4.0)


def test_the_wait_can_be_a_date():
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
    assert 25 < asked_wait_s({"retry-after": email.utils.format_datetime(soon)}) <= 30
    past = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert asked_wait_s(past) == 0
    assert asked_wait_s({}) is None
    assert asked_wait_s({"retry-after": "-3"}) == 0


@pytest.mark.parametrize(
    "value", ["9" * 400, "9" * 5000, "inf", "nan", "Wed, 21 Oct 99999999999 07:28:00 GMT", "?"]
)
def test_a_wait_that_is_no_number_counts_as_none(value):
    assert asked_wait_s({"retry-after": value}) is None
