"""Addresses of the studio."""

from django.urls import path

from learn.authoring import views

app_name = "authoring"

urlpatterns = [
    path("", views.index, name="index"),
    path("editions/<int:pk>/", views.edition, name="edition"),
    path("editions/<int:pk>/publish/", views.publish, name="publish"),
    path("editions/<int:pk>/<slug:topic>/", views.lesson, name="lesson"),
]
