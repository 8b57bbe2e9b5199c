"""The site's own Celery: its worker records verdicts, its clock sends the lost again."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")

app = Celery("learn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
