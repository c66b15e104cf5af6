"""Every part of the site is killed, hung and emptied under load. ``make test-faults`` runs it, on PostgreSQL."""
