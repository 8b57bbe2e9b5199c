"""From files to what learners see, and back; what becomes of their rows."""

import shutil
from datetime import timedelta

import pytest
from django.conf import settings

from graders.store import Store
from learn.authoring import importing, publishing, surveying
from learn.authoring.comparing import compare
from learn.courses import library, models
from learn.exercises.models import Draft
from learn.lessons.models import Finished
from learn.quizzes import answering
from learn.quizzes.models import Attempt
from learn.reviews.models import Card, ReviewEvent
from tests.learn.small_course import NOW, change, import_, publish

pytestmark = pytest.mark.django_db
QUESTIONS = "1-basics/01-doubling.questions.toml"
CHINESE = "1-basics/01-doubling.questions.zh-hans.toml"


def test_the_same_content_twice_is_the_same_edition(folder):
    first, second = import_(folder), import_(folder)

    assert first == second
    assert first.number == 1
    assert models.Edition.objects.count() == 1


def test_a_change_makes_the_next_edition_and_shows_it_to_nobody(folder):
    live = publish(folder)
    change(folder / "1-basics/01-doubling.md", "Doubling a number", "To double a number")

    draft = import_(folder)

    assert draft.number == 2
    assert library.live("small") == live
    assert library.edition(draft.pk).course.lessons["doubling"].body["en"].startswith("To double")


def test_spaces_in_a_file_that_say_nothing_make_no_edition(folder):
    import_(folder)
    change(folder / QUESTIONS, 'key = "powers"', "# a comment\nkey =   'powers'")

    assert import_(folder).number == 1


def test_publishing_moves_the_pointer_and_is_written_down(folder, learner):
    edition = import_(folder)

    published = publishing.publish(edition, NOW, by=learner)

    assert published.moved
    assert library.live("small").number == 1
    publication = models.Publication.objects.get()
    assert (publication.edition, publication.by, publication.at) == (edition, learner, NOW)


def test_publishing_what_is_live_changes_nothing(folder):
    edition = import_(folder)
    publishing.publish(edition, NOW)

    assert not publishing.publish(edition, NOW).moved
    assert models.Publication.objects.count() == 1


def test_going_back_is_publishing_the_older_edition(folder):
    old = import_(folder)
    publishing.publish(old, NOW)
    change(folder / "1-basics/01-doubling.md", "Doubling a number", "To double a number")
    publishing.publish(import_(folder), NOW)

    publishing.publish(old, NOW + timedelta(hours=1))

    assert library.live("small").number == 1
    assert [publication.edition.number for publication in models.Publication.objects.order_by("pk")] == [1, 2, 1]


def test_nothing_is_live_before_it_is_published(folder):
    import_(folder)

    with pytest.raises(library.NotPublished, match="course publish"):
        library.live("small")
    with pytest.raises(library.NoSuchExercise):
        library.exercise("double")


def test_an_edition_with_problems_is_imported_and_not_published(folder):
    change(folder / "1-basics/01-doubling.md", "gives $2x$", "gives $\\foo$")
    edition = import_(folder)

    with pytest.raises(publishing.Blocked) as caught:
        publishing.publish(edition, NOW)

    assert caught.value.reasons == ["1-basics/01-doubling.md:6: the formula “\\foo” uses the unknown command \\foo"]
    assert models.Course.objects.get().live is None


def test_a_folder_without_a_course_is_not_imported(tmp_path):
    with pytest.raises(importing.CannotImport, match="course.toml:1: is missing"):
        importing.import_course(surveying.survey(tmp_path), NOW)
    assert not models.Course.objects.exists()


def test_a_published_exercise_has_its_texts_and_its_package_and_no_secret(folder):
    publish(folder)
    exercise = library.exercise("double")

    assert (exercise.title["zh-hans"], exercise.queue, exercise.functions, exercise.size) == (
        "加倍",
        "cpu",
        ("double",),
        "drill",
    )
    assert exercise.limits.seconds == 5
    assert exercise.statement["en"].startswith("Write `double(x)`")
    assert (exercise.item, exercise.topic) == ("small/exercise:double", "doubling")
    assert Store(settings.PACKAGES).get(exercise.digest).key == "double"
    assert "return 2 * x" not in str(models.Package.objects.get().manifest)


def test_an_edition_keeps_the_package_it_was_imported_with(folder):
    first = publish(folder).exercise("double").digest
    change(folder / "../../exercises/double/statement.md", "Write", "Please write")

    second = publish(folder).exercise("double").digest

    assert first != second
    assert Store(settings.PACKAGES).get(first).text("statement.md").startswith("Write")
    comparison = compare(*models.Edition.objects.order_by("number"))
    assert comparison.changed_exercises == ("double",)


def test_a_surprise_in_grading_known_submissions_hinders_publishing(folder):
    edition = import_(folder)
    models.Package.objects.update(
        checked_at=NOW, surprises=["submissions/failed/adds_two.py should be failed, but was passed"]
    )

    with pytest.raises(publishing.Blocked, match="adds_two.py should be failed"):
        publishing.publish(edition, NOW)


def test_a_package_that_was_lost_hinders_publishing(folder):
    edition = import_(folder)
    digest = edition.document["packages"]["double"]
    shutil.rmtree(settings.PACKAGES / digest)

    with pytest.raises(publishing.Blocked, match="publish the exercise again"):
        publishing.publish(edition, NOW)
    import_(folder)
    assert publishing.publish(edition, NOW).moved


def test_exercises_that_were_not_graded_here_are_named(folder):
    edition = import_(folder)
    assert publishing.ungraded(edition) == ["double"]

    models.Package.objects.update(checked_at=NOW)
    assert publishing.ungraded(edition) == []


# ------------------------------------------------------------------------------------------- renames


@pytest.fixture
def remembered(folder, learner):
    """A learner who has answered a question and begun the exercise of the published course."""
    edition = publish(folder)
    question = edition.course.questions["name"]
    seed = answering.next_seed(learner, "small/name")
    answering.answer(learner, "small/name", question, seed, {"text": "halving"}, NOW, edition=1)
    Draft.objects.create(learner=learner, exercise="double", text="def double(x): ...")
    return folder


def rename_question(folder) -> None:
    change(folder / QUESTIONS, 'key = "name"', 'key = "inverse"\nformerly = ["name"]')
    change(folder / CHINESE, "[name]", "[inverse]")


def items(model) -> set[str]:
    return set(model.objects.values_list("item", flat=True))


def test_a_renamed_question_keeps_what_is_remembered_of_it(remembered):
    rename_question(remembered)
    edition = import_(remembered)
    assert items(Card) == {"small/name"}

    published = publishing.publish(edition, NOW)

    assert published.comparison.renamed == {"small/name": "small/inverse"}
    assert (published.comparison.new, published.comparison.gone) == ((), ())
    assert items(Card) == items(Attempt) == items(ReviewEvent) == {"small/inverse"}


def test_going_back_gives_the_old_name_back(remembered):
    old = models.Course.objects.get().live
    rename_question(remembered)
    publish(remembered)

    publishing.publish(old, NOW)

    assert items(Card) == items(Attempt) == items(ReviewEvent) == {"small/name"}


def test_who_has_both_names_already_keeps_both(remembered, learner):
    Card.objects.create(learner=learner, item="small/inverse", due_on=NOW.date())
    rename_question(remembered)

    publish(remembered)

    assert items(Card) == {"small/name", "small/inverse"}


def test_a_renamed_exercise_keeps_its_drafts(remembered):
    exercises = remembered.parents[1] / "exercises"
    shutil.move(exercises / "double", exercises / "twice")
    change(exercises / "twice/exercise.toml", 'size = "drill"', 'size = "drill"\nformerly = ["double"]')
    change(remembered / "1-basics/01-doubling.md", '["double"]', '["twice"]')
    change(remembered / "1-basics/01-doubling.md", "exercise:double", "exercise:twice")

    publish(remembered)

    assert Draft.objects.get().exercise == "twice"


def test_a_renamed_topic_stays_finished(remembered, learner):
    Finished.objects.create(learner=learner, course="small", topic="halving")
    Finished.objects.create(learner=learner, course="other", topic="halving")
    (remembered / "1-basics/02-halving.md").rename(remembered / "1-basics/02-bisecting.md")
    change(remembered / "1-basics/module.toml", 'key = "halving"', 'key = "bisecting"\nformerly = ["halving"]')
    change(remembered / "2-further/module.toml", '"halving"', '"bisecting"')
    for name in ("01-doubling.md", "01-doubling.zh-hans.md"):
        change(remembered / "1-basics" / name, "02-halving.md", "02-bisecting.md")

    publish(remembered)

    assert set(Finished.objects.values_list("course", "topic")) == {("small", "bisecting"), ("other", "halving")}


def test_what_is_gone_is_told_and_its_memory_stays(remembered):
    text = (remembered / QUESTIONS).read_text()
    start = text.index('[[question]]\nkey = "name"')
    (remembered / QUESTIONS).write_text(text[:start] + text[text.index("[[question]]", start + 5) :])
    change(
        remembered / CHINESE,
        '[name]\nask = "加倍的逆运算叫什么？"\nwhy = "减半抵消加倍。"\naccept = ["减半", "折半"]\n',
        "",
    )

    published = publishing.publish(import_(remembered), NOW)

    assert published.comparison.gone == ("small/name",)
    assert items(Card) == {"small/name"}
