"""Locations: which WSUS server is tried, in which order (4.6)."""

from typing import Any, Iterable, NamedTuple

import endpoint
from endpoint import Endpoint
from mistakes import mistake
from refusal import Refusal

MAX_LOCATIONS = 256

# Table 3.7.
CODES = {
    "no_location": 0x87D00691,
    "bad_location": 0x87D00628,
    "not_ssl": 0x87D00628,
    "no_fit": 0x87D00691,
    "no_version": 0x87D00691,
    "all_failed": 0x87D00630,
}


class Location(NamedTuple):
    """A WSUS server that the client may use."""

    url: str
    endpoint: Endpoint
    version: int
    same_forest: bool
    internet: bool
    intranet: bool

    def accepts(self, internet: bool) -> bool:
        """Whether it accepts clients of this network."""
        if not self.internet and not self.intranet:
            return True
        return self.internet if internet else self.intranet


def needs_ssl(ssl_only: bool, internet: bool) -> bool:
    """Whether a client must not use http (WF-4)."""
    if mistake("wf-internet-http"):
        return ssl_only
    if mistake("wf-native-http"):
        return internet
    return ssl_only or internet


def order(given: list[dict[str, Any]], ssl_only: bool, internet: bool,
          version: int, last_good: str,
          failed: Iterable[str]) -> list[Location]:
    """The locations that may be used, in the order in which they are tried."""
    if not given:  # WF-6
        if mistake("wf-no-location-unreachable"):
            raise Refusal("all_failed", 0x80072EFD)
        raise _error("no_location")
    if len(given) > MAX_LOCATIONS:
        raise _error("bad_location")
    locations = _distinct(given)
    if not locations:
        raise _error("bad_location")
    if needs_ssl(ssl_only, internet):  # WF-4
        locations = [one for one in locations if one.endpoint.scheme != "http"]
        if not locations:
            raise _error("not_ssl")
    locations = [one for one in locations if one.accepts(internet)]
    if not locations:
        raise _error("no_fit")
    of_version = [one for one in locations if one.version >= version]
    if of_version or not mistake("wf-lower-version-used"):
        locations = of_version
    if not locations:  # WF-6
        raise _error("no_version")
    given_up = {endpoint.parse(url) for url in failed}
    locations = [one for one in locations if one.endpoint not in given_up]
    if not locations:  # WF-9
        raise _error("all_failed")
    best = endpoint.parse(last_good)

    def group(one: Location) -> int:
        if one.endpoint == best:  # WF-9
            return 0
        return 1 if one.same_forest else 2

    return sorted(locations, key=group)  # which keeps the order in a group


def _distinct(given: list[dict[str, Any]]) -> list[Location]:
    """The usable locations, of each endpoint the first."""
    found: dict[Endpoint, Location] = {}
    for entry in given:
        where = endpoint.parse(entry["url"])
        if where is not None and where not in found:
            found[where] = Location(
                entry["url"], where, entry.get("version", 0),
                entry.get("same_forest", False), entry.get("internet", False),
                entry.get("intranet", False))
    return list(found.values())


def _error(token: str) -> Refusal:
    return Refusal(token, CODES[token])


def answer(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation location.order."""
    last_good = inputs.get("last_good", "")
    if mistake("wf-forgets-good-location"):
        last_good = ""
    ordered = order(inputs["locations"], inputs.get("ssl_only", False),
                    inputs.get("internet", False), inputs.get("version", 0),
                    last_good, inputs.get("failed", []))
    return {"urls": [one.url for one in ordered]}
