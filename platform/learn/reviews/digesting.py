"""The reminder by e-mail: once a day at the learner's hour, only if they wish and only when something is
due; every one has a link that ends them, which mail programs may press by themselves (RFC 8058)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext

from learn.reviews import spans
from learn.reviews.models import Plan
from learn.reviews.today import Session, Today

log = logging.getLogger(__name__)
SALT = "learn.reviews.digest"


def send_due(now: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Send what is to be sent this hour; how many were."""
    sent = 0
    for plan in Plan.objects.filter(digest=True, learner__is_active=True).select_related("learner").iterator():
        try:
            sent += _send(plan, now)
        except Exception:  # one mailbox that fails keeps no other from its reminder
            log.exception("the reminder for learner %s was not sent", plan.learner_id)
        if progress:
            progress(sent)
    return sent


def _send(plan: Plan, now: datetime) -> bool:
    today = Today(plan.learner, now, Session())
    begins = today.clock.rollover  # hours are counted from there: 02:00 is late in the day of study
    hour, wished = (now.astimezone(today.clock.zone).hour - begins) % 24, (plan.digest_hour - begins) % 24
    if plan.digest_sent_on == today.date or hour < wished or plan.is_away(today.date):
        return False
    count = len(today.queue.items)
    # Marked before it is sent: two schedulers, or one that dies between, send one e-mail and not two.
    mine = Plan.objects.filter(pk=plan.pk).exclude(digest_sent_on=today.date)
    if not count or not mine.update(digest_sent_on=today.date):
        return False
    with translation.override(plan.learner.language or settings.LANGUAGE_CODE):
        message_for(plan, count, today.queue.minutes).send()
    return True


def message_for(plan: Plan, count: int, minutes: float) -> EmailMessage:
    end = settings.BASE_URL + reverse("reviews:unsubscribe", args=[token(plan)])
    context = {
        "count": count,
        "minutes": spans.of_minutes(minutes),
        "link": settings.BASE_URL + reverse("reviews:today"),
        "end": end,
    }
    said = {"n": count, "minutes": context["minutes"]}
    return EmailMessage(
        subject=ngettext("%(n)d review for today, %(minutes)s", "%(n)d reviews for today, %(minutes)s", count) % said,
        body=render_to_string("reviews/digest.txt", context),
        to=[plan.learner.email],
        headers={"List-Unsubscribe": f"<{end}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def token(plan: Plan) -> str:
    """Names the plan and cannot be made up. It ends reminders and does nothing else, so it never expires."""
    return signing.Signer(salt=SALT).sign(str(plan.pk))


def unsubscribe(token: str) -> bool:
    """End the reminders that this token came with; False if it is none of ours."""
    pk = _plan_of(token)
    if pk is not None:
        Plan.objects.filter(pk=pk).update(digest=False)
    return pk is not None


def is_ours(token: str) -> bool:
    return _plan_of(token) is not None


def _plan_of(token: str) -> str | None:
    try:
        return signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
