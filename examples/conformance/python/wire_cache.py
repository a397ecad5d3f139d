"""What an update agent knows of the updates of a server (8.1)."""

from dataclasses import dataclass, replace
from typing import Any, Iterable

from mistakes import mistake

Json = dict[str, Any]
Pair = tuple[str, int]


@dataclass
class Revision:
    """A revision of an update, as the server knows it."""

    number: int
    update: str
    revision: int
    kind: str
    leaf: bool
    action: str
    found: bool  # on the machine, by its rules
    installed: bool = False
    asked: bool = False

    @property
    def pair(self) -> Pair:
        """The update and its revision, which another server would know."""
        return self.update, self.revision

    @property
    def rank(self) -> tuple[int, int]:
        """The revision of an update with the highest one decides."""
        return self.revision, self.number

    @property
    def is_driver(self) -> bool:
        return self.kind == "driver"

    def to_json(self) -> Json:
        return {**name(*self.pair), "kind": self.kind, "leaf": self.leaf,
                "action": self.action}


def name(update: str, revision: int) -> Json:
    """How a revision is named in a call."""
    return {"update": update, "revision": revision}


def parse(value: Json) -> Revision:
    """A revision that is told of for the first time."""
    return Revision(value["id"], value["update"], value.get("revision", 100),
                    value["kind"], value["leaf"], value["action"],
                    value.get("installed", False))


class Cache:
    """The revisions that are known, by their numbers."""

    def __init__(self) -> None:
        self.known: dict[int, Revision] = {}

    def __contains__(self, number: int) -> bool:
        return number in self.known

    def ordered(self) -> list[Revision]:
        """All revisions in ascending order of their numbers."""
        return [self.known[number] for number in sorted(self.known)]

    def highest(self) -> list[Revision]:
        """Of each update the highest revision, in the order of their ids."""
        last = {one.update: one for one
                in sorted(self.known.values(), key=lambda one: one.rank)}
        return [last[update] for update in sorted(last)]

    def pairs(self) -> list[Pair]:
        """All updates and revisions, by their lowest numbers."""
        return list(dict.fromkeys(one.pair for one in self.ordered()))

    def installed(self) -> list[int]:
        """The numbers of what is installed."""
        return [one.number for one in self.ordered() if one.installed]

    def find_installed(self) -> None:
        """Find out anew what is installed."""
        found = {one.update: one.found for one in self.highest()}
        for one in self.known.values():
            on_machine = found[one.update]
            if mistake("wire-each-revision-for-itself"):
                on_machine = one.found
            counts = not one.leaf or mistake("wire-installed-leaves")
            one.installed = counts and on_machine

    def add(self, one: Revision) -> None:
        self.known[one.number] = one

    def remove(self, numbers: Iterable[int]) -> list[Revision]:
        """Revisions leave; those that were there are returned."""
        gone = [self.known.pop(number, None) for number in numbers]
        return [one for one in gone if one is not None]

    def change(self, number: int, leaf: bool, action: str) -> bool:
        """A known revision changes; true when its leaf does."""
        one = self.known[number]
        changed = one.leaf != leaf
        one.leaf, one.action = leaf, action
        return changed

    def renumber(self, rows: Iterable[Json]) -> None:
        """Keep those that rows name, under their new numbers."""
        named = {one.pair: one for one in self.ordered()}
        if not mistake("wire-refresh-keeps-the-rest"):
            self.known = {}
        for row in rows:
            one = named.get((row["update"], row.get("revision", 100)))
            if one is not None:
                self.add(replace(one, number=row["id"], leaf=row["leaf"],
                                 action=row["action"]))

    def forget_older(self) -> None:
        """Keep of each update only the highest revision (8.6)."""
        self.known = {one.number: one for one in self.highest()}
