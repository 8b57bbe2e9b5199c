from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "learn.courses"
    label = "courses"
