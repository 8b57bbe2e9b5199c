"""Weights fitted to a learner: taken over where they win on reviews they have not seen, and only there."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from learn.reviews import calibration, charts, fitting, schedule, tasks
from learn.reviews.calibration import Recall, histories, score
from learn.reviews.models import Card, ParameterSet, Plan, ReviewEvent
from learn.reviews.refolding import refold
from learn.reviews.reviewing import review
from learn.reviews.rulebook import weights_of
from learn.reviews.schedule import DEFAULT_WEIGHTS, NOTHING, Rules, after, interval, retrievability

DAY_MS = 86_400_000
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
# Somebody whose first impressions last a third as long, and who forgets for good.
FORGETFUL = (0.05, 0.3, 0.8, 2.5, *DEFAULT_WEIGHTS[4:8], 1.3, *DEFAULT_WEIGHTS[9:])


def simulated(weights: tuple[float, ...], items: int, reviews: int = 8, seed: int = 1):
    """Logs of a learner whose memory really follows these weights, asked by the default schedule."""
    rng, truth, asked_by = random.Random(seed), Rules(weights), Rules()
    logs = []
    for item in range(items):
        real = planned = NOTHING
        day, log = rng.randint(0, 200), []
        for number in range(reviews):
            gap = max(1, round(interval(planned.stability, asked_by) * rng.uniform(0.7, 1.3))) if number else 0
            day += gap
            recalled = rng.random() < retrievability(gap, real.stability, truth.decay) if number else True
            rating = 3 if recalled else 1
            on = date(2020, 1, 1) + timedelta(days=day)
            real, planned = after(real, rating, on, truth).memory, after(planned, rating, on, asked_by).memory
            log.append((rating, gap, day * DAY_MS + item))
        logs.append(log)
    return logs


def test_a_fit_finds_the_memory_that_made_the_reviews():
    known = histories(simulated(FORGETFUL, 600))
    scores = calibration.compare(known, DEFAULT_WEIGHTS)

    assert scores["fitted"].log_loss < scores["before"].log_loss - 0.008
    assert scores["fitted"].rmse < scores["before"].rmse * 0.7
    assert scores["fitted"].log_loss < scores["average"].log_loss
    assert scores["before"].log_loss < scores["sm2"].log_loss


def test_who_is_as_the_defaults_say_gains_nothing_from_a_fit():
    scores = calibration.compare(histories(simulated(DEFAULT_WEIGHTS, 300)), DEFAULT_WEIGHTS)

    assert scores["fitted"].log_loss > scores["before"].log_loss - fitting.WORTH


def test_what_is_predicted_was_never_learnt_from():
    known = histories(simulated(DEFAULT_WEIGHTS, 60))
    for until, wanted in calibration.splits(known):
        assert all(recall.moment > until or recall.moment == until for recall in wanted)
        assert {recall.moment for recall in wanted}.isdisjoint(
            recall.moment for recall in known.recalls if recall.moment < until
        )
    assert sum(len(wanted) for _, wanted in calibration.splits(known)) >= len(known.recalls) * 5 // 6 - 5


def test_predictions_are_the_probabilities_our_own_fold_gives():
    (log,) = simulated(DEFAULT_WEIGHTS, 1, reviews=10)
    known, memory, day, expected = histories([log]), NOTHING, date(2020, 1, 1), []
    for rating, gap, _ in log:
        day += timedelta(days=gap)
        if gap:
            expected.append(schedule.predicted(memory, day, Rules()))
        memory = after(memory, rating, day, Rules()).memory

    assert calibration.predictions(known, DEFAULT_WEIGHTS, known.recalls) == pytest.approx(expected, rel=1e-4)


def test_scores_of_a_handful_by_hand():
    recalls = [Recall(0, 1, 5, recalled, 0, 0) for recalled in (True, True, True, False)]

    perfect = score(recalls, [0.75] * 4)
    assert perfect.log_loss == pytest.approx(0.5623, abs=1e-4)
    assert perfect.rmse == pytest.approx(0)
    assert score(recalls, [0.5] * 4).rmse == pytest.approx(0.25)
    assert score([], []).count == 0


def test_a_curve_lies_on_the_diagonal_where_promises_are_kept():
    rng = random.Random(7)
    predicted = [rng.uniform(0.5, 1.0) for _ in range(4000)]
    recalls = [Recall(0, 1, 5, rng.random() < p, 0, 0) for p in predicted]

    points = calibration.curve(recalls, predicted)

    assert len(points) == 10 and sum(point.count for point in points) == 4000
    assert all(abs(point.predicted - point.recalled) < 0.06 for point in points)
    assert [point.predicted for point in points] == sorted(point.predicted for point in points)


def test_a_handful_has_no_curve():
    assert calibration.curve([Recall(0, 1, 5, True, 0, 0)] * 19, [0.9] * 19) == ()


def test_sm2_keeps_its_ladder():
    assert calibration._sm2_intervals([(3, 0, 0)] * 3) == pytest.approx([1, 6, 15])
    assert calibration._sm2_intervals([(3, 0, 0), (3, 1, 0), (1, 6, 0), (3, 1, 0)])[2:] == [1, 1]


def test_fitting_the_same_twice_gives_the_same():
    known = histories(simulated(FORGETFUL, 80))

    assert calibration.fit(known) == calibration.fit(known)


# ------------------------------------------------------------------------------------ with a learner


def write(learner, logs) -> None:
    """The logs as lines, as if reviewed; the cards follow by a refold."""
    lines = [
        ReviewEvent(
            id=f"{learner.pk:06}{item:04}{place:04}".rjust(26, "0"),
            learner=learner,
            item=f"small/card:c{item}",
            kind="manual",
            rating=rating,
            utc_ms=(18262 * DAY_MS) + moment,
            zone="UTC",
            study_date=date(2020, 1, 1) + timedelta(days=moment // DAY_MS),
        )
        for item, log in enumerate(logs)
        for place, (rating, _, moment) in enumerate(log)
    ]
    ReviewEvent.objects.bulk_create(lines, batch_size=500)
    refold(learner)


def test_better_weights_are_adopted_and_move_memories_but_no_due_day_that_was_chosen(learner):
    write(learner, simulated(FORGETFUL, 200))
    review(learner, "small/card:c0", 3, NOON, kind="manual")
    before = Card.objects.get(item="small/card:c0")

    kept = fitting.fit(learner, NOON)

    assert kept.adopted and weights_of(learner) == tuple(kept.weights)
    card = Card.objects.get(item="small/card:c0")
    assert card.stability != before.stability
    assert card.due_on == before.due_on
    assert refold(learner).is_same


def test_weights_that_do_not_win_are_kept_for_the_record_alone(learner):
    write(learner, simulated(DEFAULT_WEIGHTS, 60))

    kept = fitting.fit(learner, NOON)

    assert not kept.adopted and weights_of(learner) is None
    assert [row["name"] for row in kept.comparison]


def test_too_few_reviews_are_not_fitted(learner):
    write(learner, simulated(DEFAULT_WEIGHTS, 10))

    assert fitting.fit(learner, NOON) is None
    assert fitting.learners_to_fit(NOON) == []
    assert not ParameterSet.objects.exists()


def test_a_learner_is_fitted_again_when_there_is_half_as_much_more(learner):
    write(learner, simulated(DEFAULT_WEIGHTS, 60))
    assert fitting.learners_to_fit(NOON) == [learner.pk]

    fitting.fit(learner, NOON)
    assert fitting.learners_to_fit(NOON) == []


def test_weights_for_everyone_hold_for_who_has_none(learner):
    shared = ParameterSet.objects.create(weights=list(FORGETFUL), reviews=9, adopted=True, fitted_at=NOON)
    assert weights_of(learner) == tuple(shared.weights)

    ParameterSet.objects.create(
        learner=learner, weights=list(DEFAULT_WEIGHTS), reviews=9, adopted=True, fitted_at=NOON - timedelta(days=9)
    )
    assert weights_of(learner) == DEFAULT_WEIGHTS


# -------------------------------------------------------------------------------- where the new begin


@pytest.fixture
def a_class(django_user_model):
    """Three learners who forget faster than most, and their reviews."""
    learners = [django_user_model.objects.create_user(f"l{n}@example.org", "a long enough password") for n in range(3)]
    for number, one in enumerate(learners):
        write(one, simulated(FORGETFUL, 100, seed=number))
    return learners


def test_where_new_learners_begin_is_fitted_to_everyone(learner, a_class):
    kept = fitting.fit_everyone(NOON)

    assert kept.learner is None and kept.adopted
    assert kept.reviews == ReviewEvent.objects.recalls().count()
    assert weights_of(learner) == tuple(kept.weights)
    assert kept.calibration["fitted"]["log_loss"] < kept.calibration["before"]["log_loss"]


def test_memories_follow_the_weights_of_everyone_where_there_are_no_own(a_class, monkeypatch):
    monkeypatch.setattr(tasks.refold, "delay", tasks.refold.run)  # here and now, without a broker
    own = ParameterSet.objects.create(
        learner=a_class[0], weights=list(DEFAULT_WEIGHTS), reviews=10**6, adopted=True, fitted_at=NOON
    )
    monkeypatch.setattr(fitting, "learners_to_fit", lambda now: [])
    before = dict(Card.objects.filter(item="small/card:c0").values_list("learner", "stability"))

    tasks.fit_all.run()

    after = dict(Card.objects.filter(item="small/card:c0").values_list("learner", "stability"))
    assert [after[one.pk] == before[one.pk] for one in a_class] == [True, False, False]
    assert weights_of(a_class[0]) == tuple(own.weights)
    assert all(refold(one, write=False).is_same for one in a_class)


def test_who_keeps_their_reviews_out_counts_for_nobody_else(a_class):
    Plan.objects.create(learner=a_class[0], pooled=False)

    assert fitting.fit_everyone(NOON) is None  # two are too few to be everyone


def test_everyone_is_fitted_again_when_there_is_half_as_much_more(a_class):
    assert fitting.fit_everyone(NOON) is not None
    assert fitting.fit_everyone(NOON) is None


def test_the_page_draws_what_was_predicted_against_what_came_true(signed_in, learner):
    write(learner, simulated(FORGETFUL, 200))
    fitting.fit(learner, NOON)

    chart = charts.calibration(ParameterSet.objects.get())
    assert len(chart.rows) == 10 and "circle" in chart.drawing
    assert sum(int(count) for *_, count in chart.rows) == ParameterSet.objects.get().calibration["fitted"]["count"]


def test_a_fit_of_before_curves_were_kept_has_its_table_alone(learner):
    old = ParameterSet(learner=learner, weights=[], reviews=9, calibration={"before": {"log_loss": 0.4, "rmse": 0.1}})

    assert charts.calibration(old) is None
