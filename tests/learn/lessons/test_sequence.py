"""What comes next, and what a lesson builds on."""

from learn.lessons import sequence

from .conftest import Module, course_of, small_course, topic, words


def test_a_beginner_begins_at_the_beginning():
    assert sequence.next_topic(small_course(), set()) == "vectors"


def test_a_lesson_that_is_open_goes_on():
    assert sequence.next_topic(small_course(), {"vectors"}, last="calculus") == "calculus"
    assert sequence.next_topic(small_course(), set(), last="lora") == "lora"


def test_after_a_finished_lesson_comes_the_next_that_is_ready():
    assert sequence.next_topic(small_course(), {"vectors", "calculus"}, last="calculus") == "attention"


def test_what_builds_on_something_unfinished_is_not_suggested():
    course = small_course()

    assert sequence.next_topic(course, {"vectors", "lora"}, last="lora") == "calculus"


def test_after_the_last_station_it_goes_round_to_what_was_left_out():
    finished = {"calculus", "attention", "lora", "rag"}

    assert sequence.next_topic(small_course(), finished, last="rag") == "vectors"


def test_when_nothing_is_ready_something_is_suggested_all_the_same():
    course = course_of(Module("ring", 11, words("Ring"), "base", topics=(topic("a", "b"), topic("b", "a"))))

    assert sequence.next_topic(course, set()) == "a"


def test_when_everything_is_finished_there_is_nothing_next():
    course = small_course()

    assert sequence.next_topic(course, set(course.lessons)) is None


def test_a_lesson_that_left_the_course_is_no_place_to_go_on():
    assert sequence.next_topic(small_course(), set(), last="gone") == "vectors"


def test_what_is_not_written_cannot_be_missing_but_what_it_builds_on_can():
    course = small_course()

    assert sequence.needs(course, "rag") == ("calculus",)
    assert sequence.missing(course, "rag", set()) == ("calculus",)
    assert sequence.missing(course, "rag", {"calculus"}) == ()


def test_an_unwritten_lesson_is_never_next():
    course = small_course()
    finished: set[str] = set()
    while (key := sequence.next_topic(course, finished)) is not None:
        assert key in course.lessons
        finished.add(key)

    assert finished == set(course.lessons)


def test_prerequisites_that_go_in_circles_or_nowhere_end():
    topics = (topic("a", "b", "ghost"), topic("b", "a", written=False), topic("c", "c"))
    course = course_of(Module("odd", 11, words("Odd"), "base", topics=topics))

    assert sequence.needs(course, "a") == ()
    assert sequence.needs(course, "c") == ()


def test_the_next_station_of_a_lesson_is_another_one():
    course = small_course()

    assert sequence.after(course, "vectors", set()) == "calculus"
    assert sequence.after(course, "lora", set(course.lessons) - {"lora"}) is None


def test_what_a_topic_opens_are_those_that_name_it():
    assert sequence.opens(small_course(), "calculus") == ("attention", "rnn")


def test_a_topic_is_open_when_what_it_builds_on_is_finished_and_remembered():
    course = small_course()

    assert sequence.is_open(course, "vectors", set())
    assert not sequence.is_open(course, "calculus", set())
    assert sequence.is_open(course, "calculus", {"vectors"})
    assert not sequence.is_open(course, "calculus", {"vectors"}, faded={"vectors"})


def test_what_builds_on_something_faded_waits_for_what_does_not():
    course = course_of(Module("m", 11, words("M"), "base", topics=(topic("a"), topic("b", "a"), topic("c"))))

    assert sequence.next_topic(course, {"a"}, last="a") == "b"
    assert sequence.next_topic(course, {"a"}, last="a", faded={"a"}) == "c"


def test_where_only_a_refresher_opens_something_that_is_next():
    assert sequence.next_topic(small_course(), {"vectors"}, last="vectors", faded={"vectors"}) == "calculus"
