"""A lesson is opened and finished; what it teaches joins what is remembered."""

from datetime import timedelta

from learn.lessons import finishing
from learn.lessons.models import Enrolment, Finished
from learn.lessons.standing import State, heat, journey
from learn.reviews.models import Card

from .conftest import NOW


def items(learner) -> set[str]:
    return set(Card.objects.of(learner).values_list("item", flat=True))


def test_opening_a_lesson_keeps_the_place(learner, edition):
    finishing.open_lesson(learner, edition, "vectors", NOW)
    finishing.open_lesson(learner, edition, "attention", NOW + timedelta(hours=1))

    enrolment = Enrolment.objects.get()
    assert enrolment.topic == "attention" and enrolment.since == NOW


def test_finishing_lets_questions_and_cards_join_and_exercises_wait(learner, edition):
    assert finishing.finish(learner, edition, "attention", NOW)

    assert items(learner) == {"small/attention-q0", "small/attention-q1", "small/card:attention-c"}


def test_finishing_twice_is_finishing_once(learner, edition):
    finishing.finish(learner, edition, "attention", NOW)

    assert not finishing.finish(learner, edition, "attention", NOW + timedelta(days=1))
    assert Finished.objects.get().at == NOW


def test_a_question_answered_before_keeps_its_memory(learner, edition, answer):
    answer("attention-q0")
    due = Card.objects.get(item="small/attention-q0").due_on

    finishing.finish(learner, edition, "attention", NOW)

    assert Card.objects.get(item="small/attention-q0").due_on == due


def test_a_beginner_stands_at_the_first_lesson(learner, edition):
    walk = journey(learner, edition, NOW)

    assert walk.next == "vectors"
    assert walk.standings["vectors"].is_here and walk.standings["vectors"].state is State.READY
    assert walk.standings["calculus"].state is State.AHEAD
    assert walk.standings["rnn"].state is State.COMING
    assert walk.standings["vectors"].heat is None


def test_answers_and_passed_exercises_fill_the_ring(learner, edition, answer, pass_exercise):
    answer("attention-q0")
    answer("attention-q1", "no")
    standing = journey(learner, edition, NOW).standings["attention"]
    assert standing.state is State.BEGUN
    assert (standing.done, standing.parts) == (2, 3)

    pass_exercise()

    assert journey(learner, edition, NOW).standings["attention"].progress == 1.0


def test_a_memory_cools_as_days_go_by(learner, edition, answer):
    answer("vectors-q0")

    fresh = journey(learner, edition, NOW).standings["vectors"]
    later = journey(learner, edition, NOW + timedelta(days=60)).standings["vectors"]

    assert fresh.heat == 0 and fresh.percent == 100
    assert later.memory < fresh.memory and later.heat > fresh.heat
    assert later.due == 1 and fresh.due == 0


def test_the_scale_runs_from_just_recalled_to_nearly_forgotten():
    assert [heat(memory) for memory in (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.2)] == [0, 1, 2, 4, 5, 6, 7, 7]


def test_what_one_learner_does_says_nothing_of_another(learner, edition, answer, django_user_model):
    finishing.finish(learner, edition, "vectors", NOW)
    answer("vectors-q0")
    other = django_user_model.objects.create_user("bob@example.org", "a long enough password")

    walk = journey(other, edition, NOW)

    assert walk.finished == frozenset() and walk.standings["vectors"].memory is None


def test_a_finished_lesson_that_left_the_course_is_passed_over(learner, edition):
    Finished.objects.create(learner=learner, course="small", topic="gone", at=NOW)

    assert journey(learner, edition, NOW).finished == frozenset()


def test_staff_may_look_at_who_is_where(client, learner, edition):
    finishing.open_lesson(learner, edition, "vectors", NOW)
    finishing.finish(learner, edition, "vectors", NOW)
    learner.is_staff = learner.is_superuser = True
    learner.save()
    client.force_login(learner)

    assert b"vectors" in client.get("/admin/lessons/enrolment/").content
    assert b"vectors" in client.get("/admin/lessons/finished/?q=ada").content
