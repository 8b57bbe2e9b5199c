"""What the site's worker does for reviews by itself."""

from __future__ import annotations

from celery import shared_task
from django.contrib.auth import get_user_model
from django.utils import timezone

from learn.reviews import digesting, fitting, refolding


@shared_task(name="learn.reviews.fit")
def fit(learner: int) -> None:
    fitting.fit(get_user_model().objects.get(pk=learner), timezone.now())


@shared_task(name="learn.reviews.refold")
def refold(learner: int) -> None:
    refolding.refold(get_user_model().objects.get(pk=learner))


@shared_task(name="learn.reviews.fit_all")
def fit_all() -> None:
    """Once a night: the point where new learners begin, and who has enough new reviews."""
    everyone = fitting.fit_everyone(timezone.now())
    if everyone and everyone.adopted:
        for learner in fitting.without_weights():
            refold.delay(learner)
    for learner in fitting.learners_to_fit(timezone.now()):
        fit.delay(learner)


@shared_task(name="learn.reviews.send_digests")
def send_digests() -> None:
    """Every quarter of an hour: who asked to be reminded at this hour of theirs."""
    digesting.send_due(timezone.now())
