"""What the review page shows: the next few items as they are asked, or that the day is done. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from ulid import ULID

from learn.courses import content, rendering
from learn.courses.content import is_missing, text
from learn.reviews import cloze, depth, reasons, spans
from learn.reviews.fold import What
from learn.reviews.items import Kind, key_of
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.places import Map
from learn.reviews.queue import Waiting
from learn.reviews.rating import Rating
from learn.reviews.today import Preview, Session, Today, previews

# So many are sent at once: without a connection one goes on for a while.
AT_ONCE = 8
# A verdict in the workbench is shown here when the learner comes back within this time.
JUST_NOW = timedelta(minutes=30)


@dataclass(frozen=True)
class Button:
    rating: Rating
    name: str
    interval: str


@dataclass(frozen=True)
class Asked:
    """One item on the page."""

    id: str  # of the line that an answer to it will be
    item: str
    kind: Kind
    minutes: float
    topic: str
    lesson_url: str
    title: str = ""
    front: SafeString | str = ""
    back: SafeString | str = ""
    lang: str = ""
    url: str = ""  # of a question's fragment, or of the workbench
    buttons: tuple[Button, ...] = ()
    is_new: bool = False
    is_practice: bool = False
    depth: str = ""


@dataclass(frozen=True)
class Stage:
    """The page's middle: what is asked, and how the day stands."""

    today: Today
    asked: tuple[Asked, ...]
    last: Rated | None = None
    locale: str = content.DEFAULT_LOCALE

    @property
    def due(self) -> int:
        """For the header, which the page keeps while its middle is swapped."""
        return len(self.today.queue.items) + len(self.today.queue.waiting)

    @property
    def minutes_left(self) -> str:
        return spans.of_minutes(self.today.queue.minutes)

    @property
    def share_done(self) -> int:
        """Of the day's minutes, in percent: the thin line."""
        done, left = self.today.minutes_done, self.today.queue.minutes
        return round(100 * done / (done + left)) if done + left else 100

    @property
    def minutes_waiting(self) -> str:
        return spans.of_minutes(self.today.queue.minutes_waiting)

    @property
    def tomorrow(self) -> str:
        return spans.of_minutes(self.today.forecast[0])

    @property
    def next_day(self) -> date | None:
        """The first day after tomorrow on which something is due, as far as is foreseen."""
        ahead = next((place for place, minutes in enumerate(self.today.forecast, 1) if minutes), None)
        return self.today.date + timedelta(days=ahead) if ahead else None

    @property
    def done_minutes(self) -> str:
        return spans.of_minutes(self.today.minutes_done)

    @property
    def then(self) -> tuple[str, str] | None:
        """Where a refresher leads: the lesson's address and title."""
        course, _slash, topic = self.today.session.then.partition("/")
        edition = Map([course]).editions.get(course) if topic else None
        if edition is None or topic not in edition.course.lessons:
            return None
        return reverse("lessons:lesson", args=[course, topic]), text(edition.course.topics[topic].title, self.locale)

    @property
    def returns_in(self) -> str:
        """Until the next step of minutes ends."""
        returns = self.today.queue.returns_ms
        return spans.of_minutes((returns / 1000 - self.today.now.timestamp()) / 60) if returns else ""


@dataclass(frozen=True)
class Rated:
    """A rating that the rule gave, to be read and lowered."""

    event: str
    item: str
    title: str
    rating: Rating
    name: str
    why: str
    returns: str
    lower: tuple[Button, ...]
    was_changed: bool
    lapses: int = 0  # of an item that was set aside for being forgotten so often


def stage(learner, now: datetime, locale: str, session: Session | None = None) -> Stage:
    today = Today(learner, now, session)
    head = today.queue.items[:AT_ONCE]
    cards = {card.item: card for card in Card.objects.filter(learner=learner, item__in=[one.item for one in head])}
    for card in cards.values():
        card.learner = learner
    shown = previews(learner, list(cards.values()), today.date, today.rules, today.map) if cards else {}
    asked = tuple(_asked(today, one, cards[one.item], shown.get(one.item, []), locale) for one in head)
    return Stage(today, asked, _just_rated(today, locale), locale)


def _asked(today: Today, one: Waiting, card: Card, buttons: list[Preview], locale: str) -> Asked:
    edition, key = today.map.edition(one.item), key_of(one.item)
    assert edition is not None, "the queue holds only items that the live course has"
    topic = today.map.place(one.item).topic
    lesson_url = reverse("lessons:lesson", args=[edition.course.key, topic])
    common = {
        "id": str(ULID()),
        "item": one.item,
        "kind": one.kind,
        "minutes": one.minutes,
        "topic": today.map.topic_title(one.item, locale),
        "is_new": card.is_new,
        "is_practice": today.session.is_practice,
        "lesson_url": lesson_url,
    }
    if one.kind is Kind.EXERCISE:
        exercise = edition.exercise(key)
        asked_as = depth.of(card.memory, card.reps)
        url = f"{reverse('exercises:workbench', args=[key])}?review={asked_as}"
        summary = rendering.render_text(edition, exercise.summary, locale, f"{key}-")
        return Asked(**common, title=text(exercise.title, locale), front=summary, url=url, depth=asked_as)
    if one.kind is Kind.QUESTION:
        common["lesson_url"] = f"{lesson_url}#question-{key}"
        url = reverse("quizzes:question", args=[edition.course.key, key])
        return Asked(**common, url=f"{url}?practice=1" if today.session.is_practice else url)
    words = edition.course.cards[key]
    front, back = sides(words)
    return Asked(
        **common,
        front=rendering.render_text(edition, front, locale, f"{key}-front-", topic),
        back=rendering.render_text(edition, back, locale, f"{key}-back-", topic),
        lang="en" if is_missing(words.front, locale) else locale,
        buttons=tuple(_button(preview) for preview in buttons),
    )


def sides(card: content.Card) -> tuple[content.Text, content.Text]:
    """What is asked and what is answered. A card with a gap answers with its own sentence first."""
    front = {language: cloze.asked(words) for language, words in card.front.items()}
    told = {language: cloze.answered(words) for language, words in card.front.items() if cloze.has_gap(words)}
    back = {
        language: "\n\n".join(filter(None, (told.get(language), card.back.get(language)))) for language in card.front
    }
    return front, back


def _button(preview: Preview) -> Button:
    interval = spans.of_minutes(preview.minutes) if preview.minutes else spans.of_days(preview.days)
    return Button(preview.rating, str(reasons.NAMES[preview.rating]), interval)


def _just_rated(today: Today, locale: str) -> Rated | None:
    """The exercise that was judged a moment ago, when the learner comes back from the workbench."""
    if today.session.is_practice:
        return None
    recent = ReviewEvent.objects.standing().filter(learner=today.learner, kind=What.GRADED, rating__isnull=False)
    last = recent.filter(item__contains="/exercise:", study_date=today.date).order_by("-utc_ms", "-id").first()
    if last is None or last.utc_ms / 1000 < (today.now - JUST_NOW).timestamp():
        return None
    return rated(today.learner, last, today.date, locale)


def rated(learner, event: ReviewEvent, today: date, locale: str) -> Rated:
    """What the rule said of graded work, in words."""
    card = Card.objects.filter(learner=learner, item=event.item).first()
    rule = event.auto_rating or event.rating
    possible = [rating for rating in Rating if rating != event.rating and rating <= min(rule + 1, Rating.EASY)]
    return Rated(
        event=event.pk,
        item=event.item,
        title=Map.of([event.item]).title(event.item, locale),
        rating=Rating(event.rating),
        name=str(reasons.NAMES[Rating(event.rating)]),
        why=_("You changed it yourself.") if event.auto_rating else reasons.sentence(event.evidence),
        returns=spans.until(card.due_on, today) if card else "",
        lower=tuple(Button(rating, str(reasons.NAMES[rating]), "") for rating in possible),
        was_changed=bool(event.auto_rating),
        lapses=card.lapses if card and card.is_leech else 0,
    )
