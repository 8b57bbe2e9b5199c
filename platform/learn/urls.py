"""Every address of the site, app by app."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from learn import pages
from learn.accounts.views import set_language

# Staff sign in as everyone does: the same limits on tries, the same second factor.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)
admin.site.site_header = admin.site.site_title = "Anneal"

handler400 = pages.bad_request
handler403 = pages.forbidden
handler404 = pages.not_found
handler500 = pages.our_fault

urlpatterns = [
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("accounts/", include("learn.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("i18n/setlang", set_language, name="set_language"),
    path("exercises/", include("learn.exercises.urls")),
    path("questions/", include("learn.quizzes.urls")),
    path("reviews/", include("learn.reviews.urls")),
    path("studio/", include("learn.authoring.urls")),
    path("", include("learn.lessons.urls")),
]
