"""Work in a thread: one at a time, the newest wins, what is out of date does not speak."""

from __future__ import annotations

import threading

from routelab.ui._job import Job
from routelab.ui._parts import Status


def test_a_job_runs_one_at_a_time_and_stops_when_asked():
    status, started = Status(), threading.Event()

    def work(tell, cancelled):
        started.set()
        while not cancelled():
            threading.Event().wait(0.01)
        tell("stopped by the reader")

    job = Job(status)
    assert job.start(work) and started.wait(5)
    assert job.running and not job.start(work)
    job.cancel()
    job.join(5)
    assert not job.running and status.text == "stopped by the reader"


def test_a_job_shows_its_error():
    status = Status()
    job = Job(status)
    job.start(lambda tell, cancelled: 1 / 0)
    job.join(5)
    assert status.text == "ZeroDivisionError: division by zero"


def test_the_newest_work_wins_and_what_waited_in_between_never_runs():
    status, started, done = Status(), threading.Event(), []

    def first(tell, cancelled):
        started.set()
        while not cancelled():
            threading.Event().wait(0.01)
        tell("old news")
        done.append("first")

    def later(name):
        return lambda tell, cancelled: (tell(name), done.append(name))

    job = Job(status)
    job.restart(first)
    assert started.wait(5)
    with job._lock:  # the first cannot end before the third waits
        job.restart(later("second"))
        job.restart(later("third"))
    job.join(5)
    assert done == ["first", "third"] and status.text == "third"


def test_the_error_of_work_that_was_asked_to_stop_is_no_news():
    status, started = Status(), threading.Event()

    def fails(tell, cancelled):
        started.set()
        while not cancelled():
            threading.Event().wait(0.01)
        raise RuntimeError("half done")

    job = Job(status)
    job.start(fails)
    assert started.wait(5)
    job.cancel()
    job.join(5)
    assert status.text == ""


def test_who_watches_is_told_when_work_starts_and_ends():
    seen = []
    job = Job(Status(), seen.append)
    job.start(lambda tell, cancelled: None)
    job.join(5)
    assert seen == [True, False] and not job.running
