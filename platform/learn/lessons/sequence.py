"""What comes next, and what a learner should know before: rules over a course and what is finished; pure.

A topic is open once what it builds on is finished and still remembered. No lesson is locked: who reads
ahead is told what it builds on, and who has forgotten it is offered to refresh it. A prerequisite whose lesson is not
written yet cannot be learnt here, so what it needs itself stands in for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from learn.courses.content import Course


def needs(course: Course, key: str) -> tuple[str, ...]:
    """The written lessons that the exercises of this topic build on, in the order of the roadmap."""
    found = set(_written_before(course, key, {key}))
    return tuple(other for other in course.topics if other in found)


def _written_before(course: Course, key: str, seen: set[str]) -> Iterator[str]:
    for need in course.topics[key].needs:
        if need in seen or need not in course.topics:
            continue
        seen.add(need)
        if need in course.lessons:
            yield need
        else:
            yield from _written_before(course, need, seen)


def missing(course: Course, key: str, finished: Collection[str]) -> tuple[str, ...]:
    """What of `needs` is not finished yet."""
    return tuple(need for need in needs(course, key) if need not in finished)


def opens(course: Course, key: str) -> tuple[str, ...]:
    """The topics that name this one among their prerequisites, written or not."""
    return tuple(other for other, topic in course.topics.items() if key in topic.needs)


def is_open(course: Course, key: str, finished: Collection[str], faded: Collection[str] = ()) -> bool:
    """Whether all that a topic builds on is finished and still remembered."""
    return all(need in finished and need not in faded for need in needs(course, key))


def next_topic(course: Course, finished: Collection[str], last: str = "", faded: Collection[str] = ()) -> str | None:
    """The one lesson to go on with: None when all that is written is finished.

    The lesson opened last, while it is not finished. Else the first after it, round to the beginning,
    that is open; if there is none, the first that a refresher opens; then the first that is left at all.
    """
    written = list(course.lessons)
    start = written.index(last) if last in course.lessons else 0
    left = [key for key in written[start:] + written[:start] if key not in finished]
    if last in left:
        return last
    ready = [key for key in left if not missing(course, key, finished)]
    remembered = (key for key in ready if is_open(course, key, finished, faded))
    return next(remembered, next(iter(ready or left), None))


def after(course: Course, key: str, finished: Collection[str]) -> str | None:
    """The next station once this lesson is finished."""
    following = next_topic(course, {*finished, key}, last=key)
    return None if following == key else following
