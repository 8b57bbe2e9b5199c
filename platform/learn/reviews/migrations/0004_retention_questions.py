import django.core.validators
from django.db import migrations, models
from django.db.models import F


def as_cards(apps, schema_editor):
    """Questions were asked for as cards are until now."""
    apps.get_model("reviews", "Plan").objects.update(retention_questions=F("retention"))


class Migration(migrations.Migration):

    dependencies = [
        ("reviews", "0003_pooled"),
    ]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="retention_questions",
            field=models.FloatField(default=0.9, validators=[django.core.validators.MinValueValidator(0.8), django.core.validators.MaxValueValidator(0.97)], verbose_name="desired retention of questions"),
        ),
        migrations.AlterField(
            model_name="plan",
            name="retention",
            field=models.FloatField(default=0.9, validators=[django.core.validators.MinValueValidator(0.8), django.core.validators.MaxValueValidator(0.97)], verbose_name="desired retention of cards"),
        ),
        migrations.RunPython(as_cards, migrations.RunPython.noop),
    ]
