"""Memory is a fold over the log: whatever the order of arrival, however often something is taken back."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learn.reviews.fold import Event, What, fold, is_leech, voids
from learn.reviews.items import Kind
from learn.reviews.rating import Rating
from learn.reviews.schedule import RULES, State

START, DAY_MS = date(2026, 1, 1), 86_400_000
RULE = RULES[Kind.CARD]


def event(id: str, day: float, what: What = What.MANUAL, rating: int | None = None, **columns) -> Event:
    on = START + timedelta(days=int(day))
    return Event(id, what, 1_767_225_600_000 + round(day * DAY_MS), on, rating, **columns)


def folded(events, kind: Kind = Kind.CARD):
    return fold(events, RULES[kind], kind, "seed")


def log_of(ratings: list[int], gaps: list[int]) -> list[Event]:
    day, log = 0, []
    for number, (rating, gap) in enumerate(zip(ratings, gaps, strict=False)):
        day += gap
        log.append(event(f"E{number:04}", day + number / 10_000, rating=rating))
    return log


@st.composite
def logs(draw) -> list[Event]:
    """Reviews with everything else in between: voids of voids, resets, burials, practice, credit."""
    events: list[Event] = []
    day = 0.0
    for number in range(draw(st.integers(1, 25))):
        day += draw(st.sampled_from([0.001, 0.01, 1, 3, 20]))
        what = draw(st.sampled_from([What.MANUAL] * 6 + [What.VOID] * 3 + list(What)))
        rating = draw(st.integers(1, 4)) if what in (What.MANUAL, What.GRADED, What.CRAM) else None
        target = draw(st.sampled_from(events)).id if what is What.VOID and events else ""
        evidence = {"stability": 9.0, "difficulty": 5.0} if what is What.IMPORT else {"weight": 0.5}
        events.append(event(f"E{number:04}", day, what, rating, target=target, evidence=evidence))
    return events


@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(log, rng):
    shuffled = [*log, rng.choice(log)]
    rng.shuffle(shuffled)

    assert folded(shuffled) == folded(log)


@given(logs())
@settings(max_examples=60)
def test_step_by_step_is_the_same_as_all_at_once(log):
    """What a server that folds at every arrival keeps is what one that folds once gets."""
    kept = None
    for end in range(1, len(log) + 1):
        kept = folded(log[:end])

    assert kept == folded(log)


@given(logs(), st.integers(1, 6))
def test_what_is_done_and_undone_was_never_done(log, depth):
    day = (log[-1].study_date - START).days + 2
    done = [event(f"F{number}", day + number, rating=3) for number in range(depth)]
    undone = [event(f"G{number}", day + 50 + number, What.VOID, target=f"F{number}") for number in range(depth)]

    assert folded([*log, *done, *undone]).state == folded(log).state


@given(logs())
def test_what_is_undone_and_redone_stands(log):
    day = (log[-1].study_date - START).days + 2
    done = event("F0", day, rating=3)
    undone, redone = event("G0", day + 1, What.VOID, target="F0"), event("H0", day + 2, What.VOID, target="G0")

    assert folded([*log, done, undone, redone]).state == folded([*log, done]).state


def test_a_thousand_undos_and_redos_of_one_review():
    log = [event("A0000", 1, rating=3)]
    log += [event(f"A{n:04}", 1 + n / 1000, What.VOID, target=f"A{n - 1:04}") for n in range(1, 1001)]

    assert voids(log)["A0999"] == "A1000"
    assert "A0000" not in voids(log)  # a thousand is even


def test_voids_in_a_circle_do_nothing():
    log = [
        event("A", 0, rating=3),
        event("B", 1, What.VOID, target="C"),
        event("C", 2, What.VOID, target="B"),
        event("D", 3, What.VOID, target="D"),
    ]

    assert voids(log) == {}


def test_a_taking_back_that_arrives_before_its_review_counts_when_it_comes():
    review, void = event("A", 0, rating=3), event("B", 1, What.VOID, target="A")

    assert folded([void]).state.reps == 0
    assert folded([void, review]).state.reps == 0


def test_practice_leaves_the_memory_alone():
    log = log_of([3, 3, 3], [0, 2, 11])

    assert folded([*log, event("X", 20, What.CRAM, 1)]).state == folded(log).state


def test_a_reset_begins_anew_today():
    log = [*log_of([3, 3, 1], [0, 2, 11]), event("X", 20, What.RESET)]

    state = folded(log).state
    assert (state.memory.state, state.reps, state.lapses, state.due_on) == (State.NEW, 0, 0, date(2026, 1, 21))


def test_credit_from_a_harder_item_moves_the_due_day_later_and_never_earlier():
    log = log_of([3, 3, 3], [0, 2, 11])
    credited = folded([*log, event("X", 40, What.IMPLICIT, evidence={"weight": 1.0})])
    early = folded([*log, event("X", 13.5, What.IMPLICIT, evidence={"weight": 0.5})])

    assert credited.state.due_on > folded(log).state.due_on
    assert credited.state.memory.difficulty == folded(log).state.memory.difficulty
    assert early.state.memory.stability == pytest.approx(folded(log).state.memory.stability)
    assert early.state.due_on >= folded(log).state.due_on
    assert credited.state.reps == 3


def test_an_imported_memory_is_taken_over_as_it_was():
    state = folded([event("A", 5, What.IMPORT, evidence={"stability": 42.5, "difficulty": 6.1, "reps": 9})]).state

    assert (state.memory.stability, state.memory.difficulty, state.reps) == (42.5, 6.1, 9)
    assert state.due_on == START + timedelta(days=5 + 42)  # as S = 42.5 days to 0.9


def test_a_chosen_day_stands_only_upon_the_history_it_was_chosen_upon():
    log = log_of([3, 3, 3], [0, 2, 11])
    before = folded(log).basis
    chosen = event("X", 60, rating=3, due_on=date(2026, 9, 1), basis=before)
    late = event("E9999", 30, rating=1)  # from a device that was offline

    assert folded([*log, chosen]).state.due_on == date(2026, 9, 1)
    assert folded([*log, late, chosen]).state.due_on != date(2026, 9, 1)


def test_new_weights_leave_chosen_days_alone():
    log = log_of([3, 3, 3], [0, 2, 11])
    chosen = event("X", 60, rating=3, due_on=date(2026, 9, 1), basis=folded(log).basis)
    keener = replace(RULE, retention=0.97)

    refolded = fold([*log, chosen], keener, Kind.CARD, "seed")
    assert refolded.state.due_on == date(2026, 9, 1)


def test_lapses_make_a_leech_at_eight_and_again_at_twelve():
    assert [lapses for lapses in range(1, 21) if is_leech(lapses, Kind.CARD)] == [8, 12, 16, 20]
    assert [lapses for lapses in range(1, 11) if is_leech(lapses, Kind.EXERCISE)] == [4, 6, 8, 10]


def test_an_exercise_that_lapses_four_times_is_set_aside_until_resumed():
    ratings = [3, 1, 3, 1, 3, 1, 3, 1]
    log = log_of(ratings, [5] * 8)

    leech = folded(log, Kind.EXERCISE).state
    assert (leech.lapses, leech.suspended, leech.leech_ms) == (5 - 1, True, log[-1].utc_ms)

    resumed = folded([*log, event("X", 99, What.RESUME)], Kind.EXERCISE).state
    assert (resumed.suspended, resumed.leech_ms, resumed.lapses) == (False, None, 4)


def test_facts_say_what_the_memory_was_before_each_review():
    log = log_of([3, 3, 1], [0, 2, 11])
    facts = folded(log).facts

    assert [facts[line.id].elapsed for line in log] == [None, 2, 11]
    assert facts["E0000"].predicted is None
    assert facts["E0001"].predicted == pytest.approx(0.91, abs=0.01)


def test_a_review_west_of_the_last_one_counts_as_the_same_day():
    """Flown west over the date line: the later review has the earlier date."""
    first = event("A", 5, rating=3)
    second = replace(event("B", 5.4, rating=3), study_date=first.study_date - timedelta(days=1))

    assert folded([first, second]).facts["B"].elapsed == 0


def test_a_step_that_ends_after_the_rollover_is_of_the_next_day():
    at = replace(event("A", 0, rating=1), utc_ms=1_767_239_970_000, study_date=date(2025, 12, 31))  # 03:59:30 UTC
    state = folded([at]).state

    assert state.due_on == date(2026, 1, 1)
    assert state.due_ms == at.utc_ms + 60_000


def test_twenty_thousand_reviews_fold_the_same_from_any_order():
    rng = random.Random(1)
    logs = [log_of([rng.randint(1, 4) for _ in range(10)], [rng.randint(0, 30) for _ in range(10)]) for _ in range(300)]
    for log in logs:
        assert folded(rng.sample(log, len(log))) == folded(log)


def test_ratings_have_the_numbers_of_fsrs():
    assert [rating.value for rating in Rating] == [1, 2, 3, 4]
