"""Who takes which course, and what they have finished, as staff see it."""

from __future__ import annotations

from django.contrib import admin

from learn.lessons.models import Enrolment, Finished


@admin.register(Enrolment)
class EnrolmentAdmin(admin.ModelAdmin):
    list_display = ("learner", "course", "topic", "since")
    list_filter = ("course",)
    search_fields = ("learner__email", "learner__name", "topic")
    autocomplete_fields = ("learner",)


@admin.register(Finished)
class FinishedAdmin(admin.ModelAdmin):
    list_display = ("learner", "course", "topic", "at")
    list_filter = ("course",)
    search_fields = ("learner__email", "learner__name", "topic")
    autocomplete_fields = ("learner",)
    date_hierarchy = "at"
