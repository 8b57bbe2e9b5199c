"""Everything that belongs to a person: what they may take away is exactly what goes when they go.

Django's own collector names the rows that a deletion would take along; the same rows are the export. A
model of a later app is in both without being listed anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.core import serializers
from django.db import router, transaction

from learn.accounts.models import User

# What would let its holder act as the person, or as the site.
SECRETS = frozenset({"password", "token"})
# Of a submission that waits it would tell the hidden cases; of one that is judged its receipt has it.
SECRETS_OF = {"exercises.submission": frozenset({"seed"})}
NOT_TOLD = frozenset({"admin.logentry", "mfa.authenticator"})


class LastOwner(Exception):
    """Without this account nobody could look after the site."""


def export(user: User) -> dict[str, list[dict[str, Any]]]:
    """Rows by model name, as plain data: `{"accounts.user": [{"pk": 1, "email": …}], …}`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in serializers.serialize("python", _rows(user)):
        if row["model"] in NOT_TOLD:
            continue
        secrets = SECRETS | SECRETS_OF.get(row["model"], frozenset())
        fields = {name: value for name, value in row["fields"].items() if name not in secrets}
        found.setdefault(row["model"], []).append({"pk": row["pk"], **fields})
    return found


@transaction.atomic
def delete(user: User) -> None:
    """The account and all that is theirs. Raises LastOwner."""
    others = User.objects.select_for_update().filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise LastOwner
    user.delete()


def _rows(user: User) -> Iterator[Any]:
    collector = NestedObjects(using=router.db_for_write(User))
    collector.collect([user])
    for model, rows in sorted(collector.data.items(), key=lambda item: item[0]._meta.label_lower):
        # Django keeps the groups of a user and the like as rows too; they say nothing of a person.
        if not model._meta.auto_created:
            yield from sorted(rows, key=lambda row: str(row.pk))
