"""The way from this machine to wolkvox: through its proxy, trusting its certificates."""

import functools
import os
import ssl
import urllib.request
from urllib.parse import unquote, urlsplit

import certifi
import httpcore

from wolkvox_source.api.sockets import Sockets
from wolkvox_source.errors import ConfigurationError, quote

# a server closes an idle connection after a few seconds, and a write must not meet that
_IDLE_SECONDS = 5.0


def connections(address: str, sockets: Sockets) -> httpcore.ConnectionPool:
    """Connections to `address`, an http or https URL, through the proxy that this machine's environment names.

    Raises a ConfigurationError where the proxy or the file of certificates cannot be used.
    """
    trusted = tls() if urlsplit(address).scheme == "https" else None
    proxy = proxy_for(address)
    if proxy is None:
        return httpcore.ConnectionPool(trusted, network_backend=sockets, keepalive_expiry=_IDLE_SECONDS)
    url = urlsplit(proxy)
    return httpcore.HTTPProxy(
        f"{url.scheme}://{url.netloc.rpartition('@')[2]}",
        proxy_auth=(unquote(url.username), unquote(url.password or "")) if url.username else None,
        ssl_context=trusted,
        proxy_ssl_context=tls() if url.scheme == "https" else None,
        network_backend=sockets,
        keepalive_expiry=_IDLE_SECONDS,
    )


def proxy_for(address: str) -> str | None:
    """The URL of the proxy that the environment names for `address`; None where there is none on the way.

    Raises a ConfigurationError where it is not one that HTTP goes through.
    """
    url = urlsplit(address)
    named = urllib.request.getproxies()
    proxy = named.get(url.scheme) or named.get("all")
    if not proxy or urllib.request.proxy_bypass(url.hostname or ""):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_usable(proxy):
        # without the name and the password that may stand before the @
        shown = f"{proxy.partition('://')[0]}://{proxy.partition('://')[2].rpartition('@')[2]}"
        raise ConfigurationError("bad_proxy", proxy=quote(shown), host=url.hostname)
    return proxy


def _is_usable(proxy: str) -> bool:
    try:
        url = urlsplit(proxy)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0 and proxy.isascii()
    except ValueError:
        return False


def tls() -> ssl.SSLContext:
    """What is trusted: the certificates that SSL_CERT_FILE or SSL_CERT_DIR names, or Mozilla's.

    Raises a ConfigurationError where they cannot be read.
    """
    return _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.cache
def _trusting(file: str | None, folder: str | None) -> ssl.SSLContext:
    # one for every client: making one reads a hundred certificates
    if not file and folder and not os.path.isdir(folder):  # noqa: PTH112 - a name with a NUL is no folder either
        raise ConfigurationError("bad_certificates", variable="SSL_CERT_DIR", path=folder, problem=quote(""))
    try:
        return ssl.create_default_context(cafile=file or (None if folder else certifi.where()), capath=folder or None)
    except OSError as error:
        problem = quote(error.strerror or str(error))
        raise ConfigurationError("bad_certificates", variable="SSL_CERT_FILE", path=file, problem=problem) from error
