"""Addresses of questions, by the course's key and their own."""

from django.urls import path

from learn.quizzes import views

app_name = "quizzes"

urlpatterns = [
    path("<slug:course>/<slug:key>/", views.question, name="question"),
]
