"""Which step of an archive is next, and which month is how far away."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.archives import Archive, Step, fingerprint, months_before

MONTH = datetime(2025, 8, 1, tzinfo=UTC)


@given(done=st.tuples(*[st.booleans()] * 4))
def test_the_first_step_that_is_not_done_is_next(done: tuple[bool, bool, bool, bool]):
    written, verified, detached, dropped = done
    archive = Archive(
        MONTH, "a", written=written, verified=verified, detached=detached, dropped=dropped
    )
    before = [*Step].index(archive.step)
    assert all(done[:before])
    assert archive.step is Step.NOTHING or not done[before]


@given(months=st.integers(0, 400))
def test_months_go_back_and_forth(months: int):
    back = months_before(MONTH, months)
    assert months_before(back, -months) == MONTH
    assert (MONTH.year - back.year) * 12 + MONTH.month - back.month == months


@given(row=st.lists(st.none() | st.integers() | st.text(), min_size=1))
def test_a_row_that_differs_in_one_value_has_another_fingerprint(row: list[str | int | None]):
    assert fingerprint([*row, None]) != fingerprint([*row, 0])
    assert fingerprint(row) == fingerprint(list(row))
