"""The learner's plan, as a form."""

from __future__ import annotations

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learn.reviews.models import Plan

SHARE = forms.NumberInput(attrs={"step": "0.01", "min": "0.8", "max": "0.97"})


class PlanForm(forms.ModelForm):
    class Meta:
        model = Plan
        fields = (
            "minutes_a_day",
            "new_a_day",
            "retention",
            "retention_questions",
            "retention_exercises",
            "away_from",
            "away_until",
            "digest",
            "digest_hour",
            "pooled",
        )
        widgets = {
            "away_from": forms.DateInput(attrs={"type": "date"}),
            "away_until": forms.DateInput(attrs={"type": "date"}),
            **dict.fromkeys(("retention", "retention_questions", "retention_exercises"), SHARE),
        }
        help_texts = {
            "minutes_a_day": _("What is due beyond it waits for the next days, the least urgent last."),
            "retention": _(
                "0.90 means: nine of ten are still recalled when they are asked. Above 0.95 it is a lot of work."
            ),
            "retention_exercises": _("An exercise takes minutes; 0.85 brings it back half as often as 0.90."),
            "away_from": _("While you are away nothing is asked, and no day is missed."),
            "pooled": _("From all reviews together 21 numbers are worked out, and nothing else is kept of them."),
            "digest": _("Once a day, only when something is due. Every e-mail has a link that ends it."),
        }

    def clean(self):
        data = super().clean()
        first, back = data.get("away_from"), data.get("away_until")
        if bool(first) != bool(back) and not self.errors:
            self.add_error("away_until" if first else "away_from", _("Both days, or neither."))
        elif first and back and back <= first:
            self.add_error("away_until", _("The day you are back comes after the day you leave."))
        return data

    def save(self, commit: bool = True) -> Plan:
        """A time away that has begun and is now changed or over is kept: the days in a row know of it."""
        before = Plan.objects.filter(pk=self.instance.pk).values_list("away_from", "away_until").first()
        today = timezone.localdate()
        if (
            before
            and all(before)
            and before[0] < today
            and before != (self.instance.away_from, self.instance.away_until)
        ):
            kept = [before[0].isoformat(), min(before[1], today).isoformat()]
            self.instance.been_away = [*self.instance.been_away, kept]
        return super().save(commit)
