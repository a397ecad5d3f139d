"""Local policy: which server the update agent is told to use (4.7)."""

from typing import Any, NamedTuple

import endpoint
from endpoint import Endpoint
from mistakes import mistake
from refusal import Refusal

CONFLICT = 0x87D00692


class Policy(NamedTuple):
    """WUServer, WUStatusServer, UseWUServer, and who set them."""

    server: str = ""
    status_server: str = ""
    use: bool = False
    higher_authority: bool = False


def parse(value: dict[str, Any]) -> Policy:
    """Read a policy of a vector."""
    return Policy(**{name: value[name] for name in Policy._fields
                     if name in value})


def choose(where: Endpoint, effective: Policy) -> tuple[Policy, bool]:
    """The policy for a location, and whether it must be written (WF-3)."""
    if effective.higher_authority:
        if _follows(where, effective):
            return effective, False
        if not mistake("wf-conflict-overwritten"):
            raise Refusal("policy_conflict", CONFLICT)  # WF-5
    elif (effective.use and endpoint.parse(effective.server) == where
          and endpoint.parse(effective.status_server) == where):
        return effective, False
    full = where.full_text()
    return Policy(full, full, True, False), True  # WF-3


def _follows(where: Endpoint, effective: Policy) -> bool:
    """Whether the policy of a higher authority is for this location (WF-5)."""
    return (effective.use and _agrees(where, effective.server)
            and (effective.status_server == ""
                 or _agrees(where, effective.status_server)))


def _agrees(where: Endpoint, url: str) -> bool:
    other = endpoint.parse(url)
    if other is None or other.host != where.host:
        return False
    if other.port != where.port and not mistake("wf-conflict-ignores-port"):
        return False
    return where.scheme != "https" or other.scheme == "https"  # WF-4


def answer(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation policy.for."""
    where = endpoint.parse(inputs["url"])
    if where is None:
        raise ValueError(f"not usable: {inputs['url']!r}")
    chosen, write = choose(where, parse(inputs["effective"]))
    return {"policy": chosen._asdict(), "write": write}
