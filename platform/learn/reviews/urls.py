"""Addresses of the review page, of what is remembered, and of the learner's plan."""

from django.urls import path

from learn.reviews import anki_views, memory_views, views

app_name = "reviews"

urlpatterns = [
    path("", views.today_page, name="today"),
    path("next/", views.following, name="next"),
    path("log/", views.log, name="log"),
    path("rated/", views.rated, name="rated"),
    path("rated/<str:event>/", views.rerate, name="rerate"),
    path("plan/", views.plan, name="plan"),
    path("reminders/end/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("aside/", views.aside, name="aside"),
    path("anki/", anki_views.anki, name="anki"),
    path("anki/anneal.apkg", anki_views.package, name="package"),
    path("memory/", memory_views.memory, name="memory"),
    path("memory/workload/", memory_views.workloads, name="workload"),
    path("memory/items/", memory_views.items, name="items"),
    path("memory/item/", memory_views.item, name="item"),
]
