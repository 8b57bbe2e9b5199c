"""Where the stations, tracks and names of the roadmap lie on its map: geometry in user units; pure.

The first line runs from left to right and is the trunk; the others branch off at its end, each a
serpentine of rows with as many districts as fit. Names of stations rise above the track, names of
districts stand below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from learn.courses.content import Course, Line, Module, text
from learn.lessons import breaking

PITCH = 52  # from station to station
GAP = 24  # more between districts
ROOM = 960  # for the stations of one row
LEFT, TOP, BOTTOM = 116, 104, 80  # around the stations: names of lines, of stations, of districts
ROW = 168
BEYOND = 100  # from the outermost station to the first turn: names of stations rise into it
BESIDE = 24  # from one turn to the next
BACK = 40  # from the outermost station to where a row turns into the next
CORNER = 22
PARALLEL = 4  # half the distance of tracks that leave the fork together
STATION_NAME, DISTRICT_NAME, LINE_NAME = 22, 26, 10  # where names break, in letters of Latin width

Point = tuple[float, float]


@dataclass(frozen=True)
class Station:
    key: str
    x: int
    y: int
    name: tuple[str, ...]


@dataclass(frozen=True)
class District:
    key: str
    left: int  # its outermost stations
    right: int
    y: int
    name: tuple[str, ...]
    stations: tuple[Station, ...]

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Track:
    key: str
    name: tuple[str, ...]
    at: Point  # where the name stands …
    anchor: str  # … and which end of it
    path: str
    end: Point
    districts: tuple[District, ...]


@dataclass(frozen=True)
class Plan:
    width: float
    height: float
    tracks: tuple[Track, ...]  # the trunk first


@dataclass(frozen=True)
class _Rows:
    """One line of the course, in rows of districts from `top` on."""

    line: Line
    rows: tuple[tuple[Module, ...], ...]
    top: int


def plan(course: Course, locale: str) -> Plan:
    """The map of a course, with names in this locale."""
    y, laid = TOP, []
    for line in course.lines:
        modules = [module for module in course.modules if module.line == line.key and module.topics]
        if modules:
            laid.append(_Rows(line, split(modules), y))
            y += ROW * len(laid[-1].rows)
    if not laid:
        return Plan(0, 0, ())
    room = max(extent(row) for rows in laid for row in rows.rows)
    trunk = _trunk(laid[0], room, locale)
    branches = len(laid) - 1
    tracks = [_branch(rows, room, locale, trunk, number, branches) for number, rows in enumerate(laid[1:], 1)]
    return Plan(LEFT + room + BEYOND + BESIDE * max(1, branches), y - ROW + BOTTOM, (trunk, *tracks))


def split(modules: Sequence[Module]) -> tuple[tuple[Module, ...], ...]:
    """Rows of districts: as few as fit, and of those the most even."""
    for rows in range(1, len(modules) + 1):
        ways = [_cut(modules, cuts) for cuts in combinations(range(1, len(modules)), rows - 1)]
        best = min(ways, key=lambda way: max(map(extent, way)))
        if max(map(extent, best)) <= ROOM:
            return best
    return tuple((module,) for module in modules)


def _cut(modules: Sequence[Module], cuts: Sequence[int]) -> tuple[tuple[Module, ...], ...]:
    return tuple(tuple(modules[a:b]) for a, b in pairwise((0, *cuts, len(modules))))


def extent(row: Sequence[Module]) -> int:
    """From the first station of a row to its last."""
    return PITCH * (sum(len(module.topics) for module in row) - 1) + GAP * (len(row) - 1)


def _trunk(rows: _Rows, room: int, locale: str) -> Track:
    districts, ends = _districts(rows, room, 1, locale)
    name = breaking.lines(text(rows.line.title, locale), LINE_NAME, even=False)
    path = _rounded(_serpentine(ends, room))
    return Track(rows.line.key, name, (LEFT - 22, rows.top), "end", path, ends[-1][1], districts)


def _branch(rows: _Rows, room: int, locale: str, trunk: Track, number: int, branches: int) -> Track:
    """Leaves the trunk on the side where it ends; the outer the later, so that none crosses another."""
    fork_x, fork_y = trunk.end
    to_the_right = fork_x > LEFT + room / 2
    way = -1 if to_the_right else 1
    districts, ends = _districts(rows, room, way, locale)
    out = BEYOND + BESIDE * (number - 1)
    turn = LEFT + room + out if to_the_right else LEFT - out
    start = fork_y + PARALLEL * (branches + 1 - 2 * number)
    points = [(fork_x, start), (turn, start), (turn, rows.top), *_serpentine(ends, room)]
    name = breaking.lines(text(rows.line.title, locale), LINE_NAME, even=False)
    at, anchor = ((turn - 10, rows.top + 26), "end") if to_the_right else ((turn + 10, rows.top + 26), "start")
    return Track(rows.line.key, name, at, anchor, _rounded(points), ends[-1][1], districts)


def _districts(rows: _Rows, room: int, way: int, locale: str) -> tuple[tuple[District, ...], list[tuple[Point, Point]]]:
    """The districts in order, and the first and last station of each row. `way` is 1 to the right, −1 to the left."""
    districts: list[District] = []
    ends: list[tuple[Point, Point]] = []
    for number, row in enumerate(rows.rows):
        x, y = (LEFT if way > 0 else LEFT + room), rows.top + ROW * number
        begin = (x, y)
        for module in row:
            stations = _stations(module, x, y, way, locale)
            districts.append(_district(module, stations, locale))
            x = stations[-1].x + way * (PITCH + GAP)
        ends.append((begin, (x - way * (PITCH + GAP), y)))
        way = -way
    return tuple(districts), ends


def _stations(module: Module, x: int, y: int, way: int, locale: str) -> tuple[Station, ...]:
    return tuple(
        Station(topic.key, x + way * PITCH * index, y, breaking.lines(text(topic.title, locale), STATION_NAME))
        for index, topic in enumerate(module.topics)
    )


def _district(module: Module, stations: tuple[Station, ...], locale: str) -> District:
    left, right = sorted((stations[0].x, stations[-1].x))
    name = breaking.lines(text(module.title, locale), DISTRICT_NAME)
    return District(module.key, left, right, stations[0].y, name, stations)


def _serpentine(ends: Sequence[tuple[Point, Point]], room: int) -> list[Point]:
    """Along each row, and round to the next on the side where it ends."""
    points: list[Point] = list(ends[0])
    for ((first_x, _), (last_x, last_y)), (begin, end) in pairwise(ends):
        turn = LEFT + room + BACK if last_x > first_x else LEFT - BACK
        points += [(turn, last_y), (turn, begin[1]), begin, end]
    return points


def _rounded(points: Sequence[Point]) -> str:
    """A path along these points with round corners."""
    path = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, following in zip(points, points[1:], points[2:], strict=False):
        if _is_straight(before, corner, following):
            continue
        a, b = _towards(corner, before), _towards(corner, following)
        path.append(f"L{a[0]} {a[1]}Q{corner[0]} {corner[1]} {b[0]} {b[1]}")
    return "".join([*path, f"L{points[-1][0]} {points[-1][1]}"])


def _is_straight(a: Point, b: Point, c: Point) -> bool:
    return a[0] == b[0] == c[0] or a[1] == b[1] == c[1]


def _towards(corner: Point, other: Point) -> Point:
    """The place on the way to another point where the rounding of a corner begins."""
    (x, y), (u, v) = corner, other
    return (x + _sign(u - x) * min(CORNER, abs(u - x)), y + _sign(v - y) * min(CORNER, abs(v - y)))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
