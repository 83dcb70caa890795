"""Whether a server can be reached from this machine: its name, its port, its certificate."""

import contextlib
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from wolkvox_source.api.route import proxy_for, tls
from wolkvox_source.errors import UnavailableError, quote
from wolkvox_source.language import Phrase

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Reached:
    """A server, or the proxy on the way to `behind`, that opened its port."""

    host: str
    address: str
    port: int
    seconds: float
    behind: str | None = None


def reach(base_url: str) -> Reached:
    """Look a server up, open its port, and shake hands where that is asked for; nothing is requested of it.

    Raises an UnavailableError that says which of these failed, and a ConfigurationError where the environment names a
    proxy or a file of certificates that cannot be used.
    """
    url = urlsplit(base_url)
    host, port, behind = url.hostname or "", url.port or (443 if url.scheme == "https" else 80), None
    if proxy := proxy_for(base_url):
        way = urlsplit(proxy)
        host, port, behind = way.hostname or "", way.port or (443 if way.scheme == "https" else 80), host
    started = time.monotonic()
    address = _looked_up(host, port)
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as connection:
            if url.scheme == "https" and behind is None:
                _trusted(connection, host)
    except ssl.SSLError as error:
        raise UnavailableError("doctor_certificate", host=host, problem=quote(str(error))) from error
    except OSError as error:
        own = _own_address(address, port)
        raise UnavailableError("doctor_port", host=host, port=port, problem=quote(str(error)), address=own) from error
    return Reached(host, address, port, time.monotonic() - started, behind)


def _looked_up(host: str, port: int) -> str:
    try:
        return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        temporary = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        raise UnavailableError("doctor_no_names" if temporary else "no_such_host", host=host) from error


def _trusted(connection: socket.socket, host: str) -> None:
    """Shake hands; raises an ssl.SSLError where the certificate is not one that the client will accept."""
    with tls().wrap_socket(connection, server_hostname=host):
        pass


def _own_address(address: str, port: int) -> str | Phrase:
    """The address that this machine uses towards `address`; nothing is sent for it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.connect((address, port))
            own = str(sender.getsockname()[0])
    except OSError:
        return "?"
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(own.partition("%")[0]).is_private:
            return Phrase("doctor_private_address", {"address": own})
    return own
