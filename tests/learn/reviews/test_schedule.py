"""FSRS as we call it, against golden values and against the other implementation (fsrs-rs)."""

import random
from datetime import date, timedelta

import fsrs_rs_python as rust
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.reviews import schedule
from learn.reviews.items import Kind
from learn.reviews.rating import Rating
from learn.reviews.schedule import MAX_STABILITY, NOTHING, RULES, Memory, State, after, interval, retrievability

DAY = date(2026, 1, 1)
CARD, EXERCISE = RULES[Kind.CARD], RULES[Kind.EXERCISE]
LETTER = dict(zip("AHGE", Rating, strict=True))


def play(steps, rules=CARD) -> list[Memory]:
    """Memories after (rating, days since the one before) steps."""
    memory, day, seen = NOTHING, DAY, []
    for rating, gap in steps:
        day += timedelta(days=gap)
        memory = after(memory, Rating(rating), day, rules).memory
        seen.append(memory)
    return seen


def gaps_of(text: str) -> list[tuple[Rating, int]]:
    """`G@0,A@2`: the rating's letter and the days since the review before."""
    return [(LETTER[word[0]], int(word[2:])) for word in text.split(",")]


GOLDEN = [
    (gaps_of("G@0,G@2,G@11,G@46"), (2.3065, 10.9643, 46.280, 162.862), (2.1181, 2.1112, 2.1043, 2.0975)),
    (gaps_of("A@0,G@1,G@3"), (0.212, 1.8868, 7.6382), (6.4133, 6.4021, 6.3909)),
    (gaps_of("H@0,H@0,G@1"), (1.2931, 1.2931, 3.6464), (5.1122, 6.7405, 6.7289)),
    (
        gaps_of("G@0,G@2,A@10,G@1,G@5"),
        (2.3065, 10.9643, 1.5221, 3.5366, 10.6223),
        (2.1181, 2.1112, 7.3922, 7.3801, 7.3679),
    ),
    (gaps_of("E@0,G@3"), (8.2956, 22.348), (1, 1)),
    (gaps_of("G@0,G@60"), (2.3065, 45.342), (2.1181, 2.1112)),
    (gaps_of("A@0,A@1,A@1,A@1,A@1"), (0.212, 0.1009, 0.055, 0.0334, 0.0219), (6.4133, 8.8063, 9.5929, 9.8514, 9.9364)),
]


@pytest.mark.parametrize("steps, stabilities, difficulties", GOLDEN)
def test_golden_memories(steps, stabilities, difficulties):
    seen = play(steps)

    assert [memory.stability for memory in seen] == pytest.approx(stabilities, rel=1e-3, abs=6e-5)
    assert [memory.difficulty for memory in seen] == pytest.approx(difficulties, rel=1e-4)


def test_the_librarys_own_memo_state():
    last = play([(1, 0), (3, 0), (3, 1), (3, 3), (3, 8), (3, 21)])[-1]

    assert last.stability == pytest.approx(53.62691, abs=1e-4)
    assert last.difficulty == pytest.approx(6.3574867, abs=1e-4)


def test_the_librarys_own_intervals():
    """Thirteen reviews, each on its due day: the steps of a minute count as no day."""
    rules = schedule.rules_for(Kind.CARD)
    rules = schedule.Rules(rules.weights, 0.9, 36500, rules.steps, rules.again_steps)
    memory, day, intervals = NOTHING, DAY, []
    for letter in "GGGGGGAAGGGGG":
        then = after(memory, LETTER[letter], day, rules)
        memory, day = then.memory, day + timedelta(days=then.days)
        intervals.append(then.days)

    assert intervals == [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]


def test_hard_on_the_same_day_never_weakens():
    """A change of behaviour between 6.3.1 and 6.3.2 of the library."""
    assert [memory.stability for memory in play(gaps_of("G@0,H@0,H@0,G@0"))] == pytest.approx([2.3065] * 4)


def test_retrievability_and_intervals_by_the_book():
    known = {1: 0.9857, 5: 0.9403, 10: 0.9, 30: 0.8094, 100: 0.6928, 365: 0.5736}
    rules = schedule.Rules(maximum=36500)

    assert {t: round(retrievability(t, 10), 4) for t in known} == known
    assert [interval(100, rules, kept) for kept in (0.70, 0.80, 0.85, 0.90, 0.95, 0.97)] == [929, 332, 191, 100, 40, 22]


def test_first_steps_of_each_kind():
    first = {kind: [after(NOTHING, rating, DAY, RULES[kind]) for rating in Rating] for kind in Kind}

    assert [then.step and then.step.total_seconds() / 60 for then in first[Kind.CARD]] == [1, 5.5, 10, None]
    assert [then.step and then.step.total_seconds() / 60 for then in first[Kind.QUESTION]] == [10, 15, None, None]
    assert [then.step for then in first[Kind.EXERCISE]] == [None] * 4
    assert first[Kind.EXERCISE][0].days == 1  # a failed exercise comes back tomorrow, not in ten minutes


def test_twenty_thousand_random_reviews_agree_with_the_other_implementation():
    """3,000 items, gaps from the same day to a year: not one stability or difficulty apart."""
    rng, other, reviews = random.Random(6), rust.FSRS(schedule.DEFAULT_WEIGHTS), 0
    for _ in range(3000):
        steps = [(rng.randint(1, 4), rng.choice([0, 0, 1, 2, 5, 10, 30, 100, 365])) for _ in range(rng.randint(1, 14))]
        steps[0] = (steps[0][0], 0)
        kind = rng.choice(list(Kind))
        ours = play(steps, RULES[kind])
        theirs = other.historical_memory_states(rust.FSRSItem([rust.FSRSReview(*step) for step in steps]))

        assert [memory.stability for memory in ours] == pytest.approx([m.stability for m in theirs], rel=2e-5), steps
        assert [memory.difficulty for memory in ours] == pytest.approx([m.difficulty for m in theirs], rel=2e-5)
        reviews += len(steps)

    assert reviews >= 20_000


STEPS = st.lists(st.tuples(st.sampled_from(Rating), st.integers(0, 400)), min_size=1, max_size=30)


@given(STEPS)
def test_bounds_hold_whatever_happens(steps):
    for memory in play(steps):
        assert 0.001 <= memory.stability <= MAX_STABILITY
        assert 1 <= memory.difficulty <= 10


@given(STEPS, st.integers(1, 400))
def test_a_better_rating_never_leaves_a_weaker_memory(steps, gap):
    memory = play(steps, EXERCISE)[-1]
    day = memory.last + timedelta(days=gap)
    by_rating = [after(memory, rating, day, EXERCISE) for rating in Rating]

    assert [then.memory.stability for then in by_rating] == sorted(then.memory.stability for then in by_rating)
    assert [then.days for then in by_rating] == sorted(then.days for then in by_rating)


@given(st.floats(0.01, 5000), st.integers(0, 3000))
def test_recall_falls_with_time_and_intervals_with_retention(stability, days):
    assert retrievability(days + 1, stability) < retrievability(days, stability) <= 1
    spans = [interval(stability, CARD, kept / 100) for kept in range(70, 98)]
    assert spans == sorted(spans, reverse=True)


def test_a_thousand_lapses_leave_a_little():
    memory = play([(1, 1)] * 1000)[-1]

    assert memory.stability >= 0.001 and memory.difficulty <= 10


def test_a_day_before_the_last_one_counts_as_the_same_day():
    memory = play([(3, 0), (3, 5)])[-1]

    earlier = after(memory, Rating.GOOD, memory.last - timedelta(days=1), CARD).memory
    assert earlier == after(memory, Rating.GOOD, memory.last, CARD).memory


def test_a_memory_is_either_new_or_has_a_stability():
    with pytest.raises(ValueError):
        Memory(stability=1.0, difficulty=5.0, state=State.NEW)
