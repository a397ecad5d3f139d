"""Endpoints: what a URL of a location means (4.5)."""

import ipaddress
import string
from typing import NamedTuple

from mistakes import mistake

MAX_URL_BYTES = 2048
PORTS = {"http": 80, "https": 443}

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_HOST_CHARACTERS = frozenset(string.ascii_lowercase + string.digits + "-_.")


class Endpoint(NamedTuple):
    """Scheme, host in canonical form, and port."""

    scheme: str
    host: str
    port: int

    def full_text(self) -> str:
        """Scheme, host and port, which is always written (WF-3)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == PORTS[self.scheme]
        if mistake("wf-policy-without-port") and usual:
            return f"{self.scheme}://{host}"
        return f"{self.scheme}://{host}:{self.port}"


def ascii_lower(text: str) -> str:
    """A text with A to Z in lower case and all else as it is."""
    return text.translate(_LOWER)


def parse(url: str) -> Endpoint | None:
    """The endpoint of a URL, or None when it is not usable."""
    if len(url.encode("utf-8", "surrogatepass")) > MAX_URL_BYTES:
        return None
    scheme, separator, rest = url.partition("://")
    scheme = ascii_lower(scheme)
    if not separator or scheme not in PORTS:
        return None
    rest = rest.removesuffix("/")
    if any(character in rest for character in "/?#@\\"):
        return None
    if rest.startswith("["):
        text, bracket, after = rest[1:].partition("]")
        if not bracket or ":" not in text:
            return None
        if after and not after.startswith(":"):
            return None
        colon, port_text = after[:1], after[1:]
        host = _address(text)
    else:
        text, colon, port_text = rest.partition(":")
        host = _name(text)
    port = _port(port_text) if colon else PORTS[scheme]
    if host is None or port is None:
        return None
    return Endpoint(scheme, host, port)


def _address(text: str) -> str | None:
    """The canonical text of an IPv6 address (RFC 5952)."""
    if "%" in text:
        return None
    try:
        number = int(ipaddress.IPv6Address(text))
    except ValueError:
        return None
    if number >> 32 == 0xFFFF:  # ::ffff:0:0/96
        return f"::ffff:{ipaddress.IPv4Address(number & 0xFFFFFFFF)}"
    return ipaddress.IPv6Address(number).compressed


def _name(text: str) -> str | None:
    """A host that is no address in brackets."""
    host = ascii_lower(text.removesuffix("."))
    if not 1 <= len(host) <= 255 or not _HOST_CHARACTERS.issuperset(host):
        return None
    if host.startswith(".") or host.endswith(".") or ".." in host:
        return None
    return host


def _port(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    port = int(text)
    return port if 1 <= port <= 65535 else None
