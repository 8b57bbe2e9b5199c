"""A database as large as a class of years: one learner simulated review by review, then copied.

Every copy is a learner of their own with ids of their own; the course has every item they remember.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

TOPICS, CARDS, QUESTIONS = 50, 24, 16
ITEMS = TOPICS * (CARDS + QUESTIONS)
DAYS = 900


@dataclass(frozen=True)
class Size:
    learners: int
    reviews: int  # of each

    @property
    def events(self) -> int:
        return self.learners * self.reviews


def make(size: Size) -> list[int]:
    """Fill an empty database; the learners' keys. The last one has a hundredth of the others' history."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    publish()
    users = get_user_model()
    rows = [users(email=f"learner{number}@example.org", zone="Europe/Berlin") for number in range(size.learners + 1)]
    learners = [user.pk for user in users.objects.bulk_create(rows)]
    said("simulating one learner's reviews")
    simulate(learners[0], size.reviews, 1)
    simulate(learners[-1], size.reviews // 100, 2)
    said(f"copying them to {size.learners - 1} more")
    with connection.cursor() as cursor:
        for number, learner in enumerate(learners[1:-1], 1):
            copy(cursor, learners[0], learner, number)
        cursor.execute("ANALYZE")
    return learners


def publish() -> None:
    from learn.courses import content, models
    from learn.courses.content import Card, Course, Lesson, Line, Module, Option, Question, Topic

    def lesson(topic: int) -> Lesson:
        options = (
            Option("a", {"en": "Yes"}, True, {"en": "It is."}),
            Option("b", {"en": "No"}, False, {"en": "It is not."}),
        )
        cards = tuple(
            Card(
                f"t{topic}-c{n}", {"en": f"What is fact {n} of topic {topic}, where $x = {n}$?"}, {"en": "It is *so*."}
            )
            for n in range(CARDS)
        )
        questions = tuple(
            Question(f"t{topic}-q{n}", "single", {"en": f"Is {n} so?"}, {"en": "Because."}, options=options)
            for n in range(QUESTIONS)
        )
        return Lesson(f"t{topic}", {"en": f"Topic {topic}"}, 10, {"en": "Text."}, questions, cards)

    topics = [Topic(f"t{n}", {"en": f"Topic {n}"}, (), lesson(n)) for n in range(TOPICS)]
    modules = tuple(
        Module(f"m{n}", n, {"en": f"Module {n}"}, "one", topics=tuple(topics[n * 5 : n * 5 + 5]))
        for n in range(TOPICS // 5)
    )
    course = Course("bench", {"en": "Bench"}, {"en": ""}, (Line("one", {"en": "One"}),), modules)
    row = models.Course.objects.create(key="bench")
    row.live = row.editions.create(number=1, digest="bench", document={"course": course.to_dict(), "packages": {}})
    row.save()
    assert sum(1 for key in course.lessons.values() for _ in content.items_of("bench", key)) == ITEMS


def simulate(learner: int, reviews: int, seed: int) -> None:
    """Reviews of all items over the last years, each when it was due; the cards follow by a refold."""
    from django.contrib.auth import get_user_model
    from ulid import ULID

    from learn.reviews.models import ReviewEvent
    from learn.reviews.refolding import refold

    rng, today = random.Random(seed), datetime.now(UTC).date()
    lines = [line for item in items() for line in history(rng, learner, item, reviews // ITEMS or 1, today)]
    lines = lines[:reviews]
    for number, line in enumerate(lines):
        line.id = f"{str(ULID.from_timestamp(line.utc_ms / 1000))[:10]}{seed:02}{number:08}000000"
    ReviewEvent.objects.bulk_create(lines, batch_size=1000)
    refold(get_user_model().objects.get(pk=learner))


def items() -> list[str]:
    return [
        name
        for topic in range(TOPICS)
        for name in (
            *(f"bench/card:t{topic}-c{n}" for n in range(CARDS)),
            *(f"bench/t{topic}-q{n}" for n in range(QUESTIONS)),
        )
    ]


def history(rng: random.Random, learner: int, item: str, count: int, today: date):
    """One item: its reviews end a little before today, so that a day's worth is due."""
    from learn.reviews.items import kind_of
    from learn.reviews.models import ReviewEvent
    from learn.reviews.schedule import NOTHING, RULES, after, predicted

    rules, memory, days, ratings = RULES[kind_of(item)], NOTHING, [0], []
    start = date(2020, 1, 1)
    for number in range(count):
        day = start + timedelta(days=days[-1])
        recalled = number == 0 or rng.random() < (predicted(memory, day, rules) or 0)
        ratings.append(rng.choice((2, 3, 3, 3, 4)) if recalled else 1)
        then = after(memory, ratings[-1], day, rules)
        memory = then.memory
        days.append(days[-1] + max(1, round((then.days or 1) * rng.uniform(0.8, 1.2))))
    shift = DAYS - days[-2] - rng.randint(0, max(1, days[-1] - days[-2]))
    first = today - timedelta(days=DAYS - max(shift, 0))
    for day, rating in zip(days, ratings, strict=False):
        on = min(first + timedelta(days=day), today - timedelta(days=1))
        moment = datetime(on.year, on.month, on.day, 12, rng.randrange(60), rng.randrange(60), tzinfo=UTC)
        yield ReviewEvent(
            learner_id=learner, item=item, kind="manual", rating=rating, utc_ms=int(moment.timestamp() * 1000),
            zone="Europe/Berlin", study_date=on, duration_ms=rng.randint(3000, 40_000), evidence={},
        )  # fmt: skip


def copy(cursor, source: int, learner: int, number: int) -> None:
    from learn.reviews.models import Card, ReviewEvent

    for model, changed in ((ReviewEvent, {"id": f"substr(id, 1, 20) || '{number:06}'"}), (Card, {})):
        names = [field.column for field in model._meta.concrete_fields if field.column != "id" or model is ReviewEvent]
        values = [changed.get(name, str(learner) if name == "learner_id" else f'"{name}"') for name in names]
        columns = ", ".join(f'"{name}"' for name in names)
        table = model._meta.db_table
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)} FROM {table} WHERE learner_id = {source}"
        )


def said(what: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {what} …", flush=True)
