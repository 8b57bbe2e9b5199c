"""Submissions, as staff see them: to read and not to change."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from learn.exercises.models import Submission


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
    )
    list_filter = ("state", "outcome", "mode", "queue", "exercise")
    list_select_related = ("learner",)
    search_fields = ("id", "exercise", "learner__email")
    date_hierarchy = "created_at"
    exclude = ("token",)  # who has it could record a verdict
    readonly_fields = ("receipt",)

    @admin.display(description="receipt")
    def receipt(self, submission: Submission) -> str:
        """A file for `python -m graders replay`, once there is a verdict."""
        if submission.report is None:
            return "-"
        return format_html('<a href="{}">JSON</a>', reverse("exercises:receipt", args=[submission.pk]))

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False
