"""The front page, the roadmap of a course, a lesson."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def front(request: HttpRequest) -> HttpResponse:
    return render(request, "lessons/front.html")


def roadmap(request: HttpRequest, course: str) -> HttpResponse:
    return render(request, "lessons/front.html")


def lesson(request: HttpRequest, course: str, topic: str) -> HttpResponse:
    return render(request, "lessons/front.html")


def finish(request: HttpRequest, course: str, topic: str) -> HttpResponse:
    return render(request, "lessons/front.html")
