from django.apps import AppConfig


class ExercisesConfig(AppConfig):
    name = "learn.exercises"
    label = "exercises"
