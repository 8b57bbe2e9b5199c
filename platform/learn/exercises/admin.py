"""Submissions, as staff see them: to read and not to change."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from learn.exercises.models import Submission

# As they follow each other; the relaying of frames is what is left over.
PHASES = ("judge_start", "start", "run", "judge", "relay", "total")


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin):
    list_display = (
        "id",
        "exercise",
        "learner",
        "mode",
        "state",
        "outcome",
        "score",
        "resends",
        "created_at",
        "graded_at",
        "took",
    )
    list_filter = ("state", "outcome", "mode", "queue", "exercise")
    list_select_related = ("learner",)
    search_fields = ("id", "exercise", "learner__email")
    date_hierarchy = "created_at"
    exclude = ("token",)  # who has it could record a verdict
    readonly_fields = ("receipt", "times")

    @admin.display(description="receipt")
    def receipt(self, submission: Submission) -> str:
        """A file for `python -m graders replay`, once there is a verdict."""
        if submission.report is None:
            return "-"
        return format_html('<a href="{}">JSON</a>', reverse("exercises:receipt", args=[submission.pk]))

    @admin.display(description="took")
    def took(self, submission: Submission) -> str:
        """How long the grader had it, and whether the cell for it was warm."""
        receipt = (submission.report or {}).get("receipt", {})
        total = receipt.get("times_ms", {}).get("total")
        warm = {True: "warm", False: "cold"}.get(receipt.get("pool_hit"), "")
        return f"{total:.0f} ms {warm}".strip() if isinstance(total, int | float) else "-"

    @admin.display(description="times in ms")
    def times(self, submission: Submission) -> str:
        """By what the grader spent them on (graders/grade.py)."""
        receipt = (submission.report or {}).get("receipt", {})
        times = receipt.get("times_ms", {})  # in whatever order the database keeps keys
        return ", ".join(f"{name} {times[name]}" for name in PHASES if name in times) or "-"

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False
