"""Addresses of the workbench. An exercise by its key, a submission by its public id."""

from django.urls import path

from learn.exercises import showcase, views

app_name = "exercises"

urlpatterns = [
    path("", views.index, name="index"),
    path("submissions/<str:pk>/", views.verdict, name="verdict"),
    path("submissions/<str:pk>/live/", views.live, name="live"),
    path("submissions/<str:pk>/code/", views.code, name="code"),
    path("submissions/<str:pk>/receipt/", views.receipt, name="receipt"),
    path("submissions/<str:pk>/difference/", views.difference, name="difference"),
    path("submissions/<str:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<slug:key>/", views.workbench, name="workbench"),
    path("<slug:key>/submit/", views.submit, name="submit"),
    path("<slug:key>/draft/", views.draft, name="draft"),
    path("<slug:key>/history/", views.history, name="history"),
    path("<slug:key>/shown/<slug:name>/", showcase.shown, name="shown"),
    path("<slug:key>/ways/", views.other_ways, name="ways"),
]
