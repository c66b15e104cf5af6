"""Make, list and revoke the tokens with which programs sign in to the API."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gallery.models import ApiToken, User


class Command(BaseCommand):
    help = "Make an API token for a user (shown once), list their tokens, or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="the program that will use it")
        parser.add_argument("--list", action="store_true", help="list the tokens of this user")
        parser.add_argument("--revoke", type=int, metavar="NUMBER", help="revoke the token of this number")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['username']}”.")
        if options["list"]:
            self._list(user)
        elif options["revoke"]:
            self._revoke(user, options["revoke"])
        else:
            _token, text = ApiToken.objects.issue(user, name=options["name"][:80])
            self.stdout.write(text)
            self.stderr.write("Keep it now: it cannot be shown again. Send it as “Authorization: Bearer …”.")

    def _list(self, user: User) -> None:
        for token in user.api_tokens.all():
            state = "revoked" if token.revoked_at else "live"
            used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
            self.stdout.write(f"{token.pk}\t{token.name}\t{state}\t{used}")

    def _revoke(self, user: User, number: int) -> None:
        if not user.api_tokens.filter(pk=number, revoked_at=None).update(revoked_at=timezone.now()):
            raise CommandError(f"{user.username} has no live token number {number}.")
        self.stdout.write("Revoked.")
