"""Diff: what changed between the baseline and the results of a scan (4.9)."""

from typing import Any, Iterable, NamedTuple

import times
from message import Message, UPDATE_ID
from mistakes import mistake
from refusal import Refusal

UPDATE_DETECTION = 500

# Table 3.9 (DIFF-1).
STATES = ("unknown", "not_required", "required", "installed")


class Record(NamedTuple):
    """The state of an update."""

    id: str
    revision: int
    state: str


class Change(NamedTuple):
    """The difference between two records of an update."""

    id: str
    kind: str
    before: str
    after: str
    from_revision: int
    revision: int

    def to_json(self) -> dict[str, Any]:
        """The change as it is written in a vector."""
        return {"id": self.id, "kind": self.kind, "from": self.before,
                "to": self.after, "from_revision": self.from_revision,
                "revision": self.revision}


Records = dict[str, Record]


def parse(values: Iterable[dict[str, Any]]) -> Records:
    """Read a list of records of a vector, each update once."""
    records: Records = {}
    for value in values:
        record = Record(value["id"], value["revision"], value["state"])
        if record.id in records:
            raise Refusal("duplicate_update")
        records[record.id] = record
    return records


def print_records(records: Records) -> list[dict[str, Any]]:
    """Write records as in a vector, sorted by id."""
    return [records[update]._asdict() for update in sorted(records)]


def first(record: Record) -> Change:
    """The change of an update that was never recorded before."""
    return Change(record.id, "first", "unknown", record.state, 0,
                  record.revision)


def changes(base: Records, following: Records) -> list[Change]:
    """The changes from base to what follows, sorted by id (DIFF-4)."""
    updates: Iterable[str] = sorted(base.keys() | following.keys())
    if mistake("diff-input-order"):
        updates = [*following, *(one for one in base if one not in following)]
    found = (_change(base.get(update), following.get(update))
             for update in updates)
    return [change for change in found if change is not None]


def _change(old: Record | None, new: Record | None) -> Change | None:
    if new is not None and new.state == "unknown":
        if mistake("diff-unknown-is-gone"):
            new = None
        elif not mistake("diff-unknown-recorded"):
            return None  # DIFF-5
    if new is None:
        if old is None:
            return None
        return Change(old.id, "removed", old.state, "unknown", old.revision,
                      old.revision)  # DIFF-6
    if old is None:
        return first(new)  # DIFF-2
    if old == new:
        return None  # DIFF-2
    kind = "revised" if old.state == new.state else "changed"  # DIFF-7, DIFF-2
    return Change(new.id, kind, old.state, new.state, old.revision,
                  new.revision)


def apply(base: Records, made: Iterable[Change]) -> Records:
    """The new baseline (DIFF-4, DIFF-5, DIFF-6)."""
    records = dict(base)
    for change in made:
        if change.kind == "removed":
            if not mistake("diff-removed-kept"):
                records.pop(change.id, None)
        else:
            records[change.id] = Record(change.id, change.revision,
                                        change.after)
    return records


def message(change: Change, at: int) -> Message:
    """The message about a change."""
    state = STATES.index(change.after)
    if mistake("diff-states-swapped"):
        state = {2: 3, 3: 2}.get(state, state)
    revision = (str(change.revision),)  # DIFF-7
    return Message(UPDATE_DETECTION, change.id, UPDATE_ID, state, 0,
                   () if mistake("diff-no-revision") else revision, "",
                   times.cut(at), 0)


def messages(made: list[Change], following: Records, at: int,
             report_removed: bool) -> list[Message]:
    """The messages about changes, in their order."""
    if mistake("diff-unchanged-sent"):
        changed = {change.id for change in made}
        same = (Change(one.id, "changed", one.state, one.state, one.revision,
                       one.revision)
                for one in following.values()
                if one.state != "unknown" and one.id not in changed)
        made = sorted([*made, *same])
    return [message(change, at) for change in made
            if _is_sent(change, report_removed)]


def _is_sent(change: Change, report_removed: bool) -> bool:
    if change.kind == "removed":
        return report_removed or mistake("diff-removed-sent")  # DIFF-6
    if change.kind == "revised":
        return (mistake("diff-revision-is-change")
                or mistake("diff-unchanged-sent"))  # DIFF-7
    if change.kind == "first" and mistake("diff-first-only-required"):
        return change.after == "required"
    return True  # DIFF-2


def answer(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation diff."""
    made = changes(parse(inputs["base"]), parse(inputs["next"]))
    return {"changes": [change.to_json() for change in made]}


def answer_apply(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation diff.apply."""
    base = parse(inputs["base"])
    made = changes(base, parse(inputs["next"]))
    return {"records": print_records(apply(base, made))}


def answer_messages(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation diff.messages."""
    following = parse(inputs["next"])
    made = changes(parse(inputs["base"]), following)
    found = messages(made, following, times.parse(inputs["at"]),
                     inputs.get("report_removed", False))
    return {"messages": [one.to_json() for one in found]}


def summary(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation summary (SITE-8)."""
    counts = {state: inputs["states"].count(state) for state in STATES}
    total = sum(counts.values())
    if mistake("site-unknown-not-counted"):
        total -= counts["unknown"]
    compliant = counts["installed"] + counts["not_required"]
    if mistake("site-only-installed"):
        compliant = counts["installed"]
    return {**counts, "total": total, "compliant": compliant}
