"""What gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from dedup_site.processes import count_together

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_site.settings")

count_together(settings.VAR_DIR / "metrics")  # before anything imports the counters
application = get_wsgi_application()
