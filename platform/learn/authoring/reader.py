"""A course's folder → a `Course` with the problems found on the way, each at its path and line; pure but for reading.

The course is as whole as it can be made: what cannot be read is left out, and said. `checks.py` then
judges what the fields mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from learn.courses.content import DEFAULT_LOCALE, LOCALES, Course, Lesson, Line, Module, Text, Topic

from .fields import KEY, Table
from .files import Folder, localised
from .problems import Place, Problem, Problems
from .questions import read_cards, read_questions

NUMBERED = re.compile(r"(\d+)-([a-z0-9]+(?:-[a-z0-9]+)*)")
OTHER_LOCALES = tuple(locale for locale in LOCALES if locale != DEFAULT_LOCALE)


@dataclass
class Reading:
    """What was read. `places` tells where each named thing stands: ("question", key), ("body", key, locale) …"""

    root: Path
    course: Course | None = None
    problems: Problems = field(default_factory=Problems)
    places: dict[tuple[str, ...], Place] = field(default_factory=dict)
    exercises: Path | None = None  # the folder that holds the exercises' folders

    def place(self, *name: str) -> Place:
        """Where this stands, or what is around it."""
        for length in range(len(name), 0, -1):
            if name[:length] in self.places:
                return self.places[name[:length]]
        return Place("course.toml")

    def note(self, table: Table, *name: str) -> None:
        """Remember where a thing stands; that it stands twice is a problem."""
        if name in self.places:
            first = self.places[name]
            table.problem("", f"the {name[0]} “{name[-1]}” is already in {first.path}:{first.line}")
        else:
            self.places[name] = table.place()
            self.places |= {(*name, named): table.place(named) for named in table.data}

    def sorted_problems(self) -> tuple[Problem, ...]:
        return self.problems.sorted()


def read_course(root: Path) -> Reading:
    """Read the folder of one course. Without a usable course.toml, `course` is None."""
    reading = Reading(root.resolve())
    folder = Folder(reading.root, reading.problems)
    table = folder.table("course.toml")
    if table is None:
        if not (reading.root / "course.toml").exists():
            reading.problems.add(Place("course.toml"), "is missing: a course's folder has one")
        return reading
    if not KEY.fullmatch(reading.root.name):
        reading.problems.add(
            Place("course.toml"), "the folder is named by the course's key: small letters, digits, hyphens"
        )
    exercises = table.string("exercises", default="exercises")
    reading.exercises = (reading.root / exercises).resolve()
    lines = tuple(_read_line(line, reading) for line in table.tables("line"))
    title, summary = table.words("title"), table.words("summary", required=False)
    audience = table.words("audience", required=False)
    table.end()
    reading.course = Course(
        key=reading.root.name, title=title, summary=summary, audience=audience, lines=lines,
        modules=tuple(_read_modules(folder, reading)),
    )  # fmt: skip
    return reading


def _read_line(table: Table, reading: Reading) -> Line:
    line = Line(table.key(), table.words("title"))
    table.end()
    reading.note(table, "line", line.key)
    return line


def _read_modules(folder: Folder, reading: Reading) -> list[Module]:
    modules = []
    for path in sorted(folder.root.iterdir(), key=lambda path: (_number(path.name), path.name)):
        match = NUMBERED.fullmatch(path.name)
        if path.is_dir() and match:
            module = _read_module(path.name, int(match[1]), match[2], folder, reading)
            modules += [module] if module else []
        elif path.is_dir() and not path.name.startswith((".", "_")):
            reading.problems.add(Place(path.name), "a module's folder is named NUMBER-KEY, as in 21-llm-architecture")
    return modules


def _number(name: str) -> int:
    match = NUMBERED.match(name)
    return int(match[1]) if match else 10**9


def _read_module(name: str, number: int, key: str, folder: Folder, reading: Reading) -> Module | None:
    table = folder.table(f"{name}/module.toml")
    if table is None:
        if not (folder.root / name / "module.toml").exists():
            reading.problems.add(Place(f"{name}/module.toml"), "is missing: a module's folder has one")
        return None
    reading.note(table, "module", key)
    lessons = _lesson_files(name, folder)
    line, title, summary = (
        table.string("line", required=True),
        table.words("title"),
        table.words("summary", required=False),
    )
    topics = tuple(_read_topic(row, name, lessons, folder, reading) for row in table.tables("topic"))
    table.end()
    for unknown in lessons.keys() - {topic.key for topic in topics}:
        reading.problems.add(Place(lessons[unknown]), f"module.toml has no [[topic]] with the key “{unknown}”")
    return Module(key=key, number=number, title=title, line=line, summary=summary, topics=topics)


def _lesson_files(module: str, folder: Folder) -> dict[str, str]:
    """Paths of the lessons' files in the default language, by key; what else lies there must belong to one."""
    found: dict[str, str] = {}
    names = sorted(path.name for path in (folder.root / module).iterdir() if path.is_file())
    for name in names:
        match = NUMBERED.fullmatch(name[:-3]) if name.endswith(".md") else None
        if match and match[2] in found:
            folder.problems.add(Place(f"{module}/{name}"), f"“{match[2]}” is already in {found[match[2]]}")
        elif match:
            found[match[2]] = f"{module}/{name}"
    stems = {path.rpartition("/")[2][:-3] for path in found.values()}
    for name in names:
        if name != "module.toml" and not name.startswith(".") and name.partition(".")[0] not in stems:
            folder.problems.add(
                Place(f"{module}/{name}"), "belongs to no lesson: no .md file here has that number and key"
            )
    return found


def _read_topic(table: Table, module: str, lessons: dict[str, str], folder: Folder, reading: Reading) -> Topic:
    key, title, needs = table.key(), table.words("title"), table.strings("needs")
    formerly = table.strings("formerly")
    table.end()
    reading.note(table, "topic", key)
    lesson = _read_lesson(lessons[key], module, key, title, folder, reading) if key in lessons else None
    return Topic(key=key, title=title, needs=needs, lesson=lesson, formerly=formerly)


def _read_lesson(path: str, module: str, key: str, named: Text, folder: Folder, reading: Reading) -> Lesson:
    table, body, first_line = folder.front_matter(path)
    reading.places["lesson", key] = Place(path)
    reading.places["body", key, DEFAULT_LOCALE] = Place(path, first_line)
    bodies, titles = {DEFAULT_LOCALE: body}, dict(named)
    minutes = 0
    exercises: tuple[str, ...] = ()
    if table:
        titles[DEFAULT_LOCALE] = table.string("title", default=named.get(DEFAULT_LOCALE, ""))
        minutes, exercises = int(table.number("minutes", 0, required=True)), table.strings("exercises")
        table.end()
        reading.places["exercises", key] = table.place("exercises")
    for locale in OTHER_LOCALES:
        _read_translation(localised(path, locale), key, locale, bodies, titles, folder, reading)
    questions = read_questions(path[:-3] + ".questions.toml", key, folder, reading)
    cards = read_cards(path[:-3] + ".cards.toml", key, folder, reading)
    texts = [*bodies.values(), *_texts_of(questions), *_texts_of(cards)]
    return Lesson(
        key=key, title=titles, minutes=minutes, body=bodies, questions=questions, cards=cards,
        exercises=exercises, figures=folder.figures(module, texts, OTHER_LOCALES),
    )  # fmt: skip


def _read_translation(
    path: str, key: str, locale: str, bodies: Text, titles: Text, folder: Folder, reading: Reading
) -> None:
    if not (folder.root / path).exists():
        return
    table, body, first_line = folder.front_matter(path)
    reading.places["body", key, locale] = Place(path, first_line)
    bodies[locale] = body
    if table:
        titles[locale] = table.string("title", default=titles.get(locale, ""))
        table.end()


def _texts_of(things: tuple[object, ...]) -> list[str]:
    """Every text for people in questions or cards, to look for figures in."""
    fields = ("ask", "why", "front", "back")
    return [words for thing in things for name in fields for words in getattr(thing, name, {}).values()]
