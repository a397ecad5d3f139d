"""Vectors: where they are, and whether an answer is the one that is wanted."""

import json
from pathlib import Path
from typing import Any, Iterable

import operation

FOLDER = Path(__file__).resolve().parents[3] / "scan" / "scantest" / "vectors"

Vector = dict[str, Any]


def files() -> list[Path]:
    """The vector files of this repository."""
    return sorted(FOLDER.glob("core/*.json")) + sorted(
        FOLDER.glob("generated/*.json"))


def load(paths: Iterable[Path]) -> dict[str, list[Vector]]:
    """The vectors of files, by topic, but topics that are not answered."""
    found: dict[str, list[Vector]] = {}
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["topic"] in operation.TOPICS:
            found.setdefault(content["topic"], []).extend(content["vectors"])
    return found


def ask(vector: Vector) -> Any:
    """The answer to a vector; text when there is none."""
    try:
        return operation.answer(vector["op"], vector["in"])
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def same(want: Any, got: Any) -> bool:
    """Whether two JSON values are equal: in Python, True equals 1."""
    if isinstance(want, dict) and isinstance(got, dict):
        return want.keys() == got.keys() and all(
            same(want[key], got[key]) for key in want)
    if isinstance(want, list) and isinstance(got, list):
        return len(want) == len(got) and all(map(same, want, got))
    return type(want) is type(got) and want == got
