"""Every address of the site, app by app."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz),
    path("accounts/", include("learn.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("exercises/", include("learn.exercises.urls")),
    path("questions/", include("learn.quizzes.urls")),
    path("reviews/", include("learn.reviews.urls")),
    path("studio/", include("learn.authoring.urls")),
    path("", include("learn.lessons.urls")),
]
