"""Addresses of the roadmap and the lessons. They stand last: a course's key may be any other word."""

from django.urls import path

from learn.lessons import views

app_name = "lessons"

urlpatterns = [
    path("", views.front, name="front"),
    path("<slug:course>/", views.roadmap, name="roadmap"),
    path("<slug:course>/<slug:topic>/", views.lesson, name="lesson"),
    path("<slug:course>/<slug:topic>/finish/", views.finish, name="finish"),
]
