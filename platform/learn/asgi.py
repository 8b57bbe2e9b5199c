"""The site as ASGI servers want it."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
# WhiteNoise gives files as plain iterators; files are small and read at once, so nothing waits.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = get_asgi_application()
