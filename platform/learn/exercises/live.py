"""The verdict as it comes: server-sent events of the same fragment that polling would fetch.

The row decides, the broker only says when to look: without it the row is looked at each second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import tzinfo

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone, translation

from graders.protocol import progress_channel
from learn.exercises import catalogue
from learn.exercises.board import Board, board
from learn.exercises.models import Submission
from learn.exercises.queue import UNREACHABLE, Progress

PING_SECONDS = 15
# A stream that nobody ended is ended here; the browser opens another if it still waits.
LONGEST_SECONDS = 600
LOOK_SECONDS = 1.0


async def events(pk: str, language: str, zone: tzinfo) -> AsyncIterator[bytes]:
    """Events `verdict` with the fragment whenever it changes, then `end`. Comments in between keep it open."""
    watch = Watch(pk)
    began = said = time.monotonic()
    last, progress = "", None
    try:
        await watch.begin()
        while time.monotonic() - began < LONGEST_SECONDS:
            html, over = await sync_to_async(fragment)(pk, language, zone, progress)
            if html != last:
                last, said = html, time.monotonic()
                yield event("verdict", html)
            if over:
                yield event("end", "")
                return
            if time.monotonic() - said >= PING_SECONDS:
                said = time.monotonic()
                yield b": still here\n\n"
            progress = await watch.next(LOOK_SECONDS)
    finally:
        await watch.end()


def event(name: str, data: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\n{lines}\n".encode()


def fragment(pk: str, language: str, zone: tzinfo, progress: Progress | None) -> tuple[str, bool]:
    """The fragment as of now, and whether nothing more will come."""
    try:
        submission = Submission.objects.filter(pk=pk).first()
        if submission is None:
            return "", True
        if progress is not None and progress.grading not in (None, submission.grading):
            progress = None
        with translation.override(language), timezone.override(zone):
            return render(board(submission, catalogue.names(submission.exercise), progress)), not submission.is_waiting
    finally:
        # Who watches holds a thread for minutes, and should not hold a connection as long.
        if not connection.in_atomic_block:
            connection.close()


def render(shown: Board, request=None) -> str:
    return render_to_string("exercises/_verdict.html", {"board": shown, "submission": shown.submission}, request)


class Watch:
    """What a grader publishes about one submission. Survives a broker that is away."""

    def __init__(self, pk: str) -> None:
        self.channel = progress_channel(pk)
        self.client: redis.asyncio.Redis | None = None
        self.pubsub: redis.asyncio.client.PubSub | None = None

    async def begin(self) -> None:
        try:
            self.client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5)
            self.pubsub = self.client.pubsub(ignore_subscribe_messages=True)
            await self.pubsub.subscribe(self.channel)
        except UNREACHABLE:
            await self.end()

    async def next(self, seconds: float) -> Progress | None:
        """The newest progress, as soon as there is one; None when `seconds` pass without."""
        if self.pubsub is None:
            await asyncio.sleep(seconds)
            await self.begin()
            return None
        try:
            message = newest = await self.pubsub.get_message(timeout=seconds)
            while message is not None:  # a fast grader tells more than an eye can follow
                newest, message = message, await self.pubsub.get_message(timeout=0)
        except UNREACHABLE:
            await self.end()
            return None
        return Progress.read(newest["data"]) if newest else None

    async def end(self) -> None:
        pubsub, client, self.pubsub, self.client = self.pubsub, self.client, None, None
        for one in (pubsub, client):
            if one is not None:
                try:
                    await one.aclose()
                except UNREACHABLE:
                    pass
