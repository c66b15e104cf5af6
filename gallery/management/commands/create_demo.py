"""``manage.py create_demo``: the accounts of a site that one wants to try."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from gallery.conf import conf
from gallery.models import User

ACCOUNTS = {"lena": "uploader", "mara": "moderator", "jon": "senior", "ada": "admin"}
"""Name → group."""

_NOTE = "demo_accounts.txt"


class Command(BaseCommand):
    help = "Makes one account for each role, with random passwords that are kept in var/demo_accounts.txt."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("This is a site in production: make real accounts in the admin instead.")
        # Under a name that a person already uses nothing is touched.
        made = {name: role for name, role in ACCOUNTS.items() if not User.objects.filter(username=name).exists()}
        lines = []
        for name, role in made.items():
            password = secrets.token_urlsafe(9)
            user = User.objects.create_user(name, f"{name}@example.org", password, is_staff=role == "admin")
            user.groups.add(Group.objects.get(name=role))
            lines.append(f"{role:<10} {name:<6} {password}\n")
        if lines:
            note = conf().var_dir / _NOTE
            note.touch(mode=0o600)
            with note.open("a") as kept:
                kept.writelines(lines)
            self.stdout.write(f"Made {', '.join(made)}; their passwords are in {note}.")
