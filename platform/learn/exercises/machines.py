"""On which machines an exercise is graded, and what a learner is told when nobody serves one of them. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from graders.protocol import QUEUE_GPU
from learn.exercises import queue


@dataclass(frozen=True)
class Machine:
    """One queue as a choice on the workbench."""

    queue: str
    name: str
    chosen: bool


def choices(exercise, last: str | None) -> list[Machine]:
    """Where the exercise can be graded; nothing when there is no choice. `last`: where it was sent the last time."""
    if len(exercise.queues) < 2:
        return []
    chosen = last if last in exercise.queues else exercise.queue
    return [Machine(name, name.upper(), name == chosen) for name in exercise.queues]


def notice(exercise) -> str:
    """What to know before sending anything: that no accelerator is at work, and what works all the same."""
    if QUEUE_GPU not in exercise.queues:
        return ""
    serving = queue.serving(QUEUE_GPU)
    if serving or not serving.reachable:
        return ""
    if len(exercise.queues) > 1:
        return _(
            "No grader with a GPU is at work at the moment. The CPU judges the same cases, and its verdict counts."
        )
    return _(
        "No grader with a GPU is at work at the moment. Reading, writing and the lesson work all the same; "
        "what you send is kept and judged when one comes."
    )


def elsewhere(exercise, sent_to: str) -> str:
    """For one who waits where nobody serves: that another machine would judge it now."""
    others = [name for name in exercise.queues if name != sent_to] if exercise is not None else []
    served = next((name for name in others if queue.serving(name)), "")
    if not served:
        return ""
    said = _("You need not wait: stop waiting, choose %(machine)s and send it again. The verdict counts the same.")
    return said % {"machine": served.upper()}


def judged_on(sent_to: str) -> str:
    """Worth a word where it was not the usual one."""
    return _("Compiled, and run on a GPU.") if sent_to == QUEUE_GPU else ""
