"""What an address must be to which alerts are posted."""

import re
from urllib.parse import urlsplit


def is_webhook(url: str) -> bool:
    """Whether `url` is an address that can be posted to."""
    try:
        parts = urlsplit(url)
        return bool(re.fullmatch(r"https?://[!-~]+", url) and parts.hostname and parts.port != 0)
    except ValueError:
        return False
