"""``manage.py verify_audit``: whether the audit chain is as it was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.models import AuditChain, AuditEntry


class Command(BaseCommand):
    help = "Recompute the audit chain. Exits with 1 and names the first entry that was changed or is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = AuditEntry.objects.all().first_break()
        if broken is not None:
            raise CommandError(f"The audit chain is broken at position {broken}.", returncode=1)
        chain = AuditChain.objects.get()
        self.stdout.write(f"The audit chain is whole: {chain.length} entries, head {chain.head[:12]}.")
