"""Asks the subject all vectors, in process, and prints what differs.

    python3 run_vectors.py [--mistake ID] [FILES...]
"""

import argparse
import json
import sys
from pathlib import Path

import mistakes
import vector


def main() -> int:
    """Print what differs and the counts; 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mistake", metavar="ID", help="make this mistake",
                        choices=sorted(mistakes.MISTAKES))
    parser.add_argument("files", metavar="FILES", nargs="*", type=Path,
                        help="vector files instead of those here")
    arguments = parser.parse_args()
    mistakes.plant(arguments.mistake)
    counts = []
    topics = vector.load(arguments.files or vector.files())
    for topic, vectors in topics.items():
        passed = 0
        for one in vectors:
            got = vector.ask(one)
            if vector.same(one["want"], got):
                passed += 1
                continue
            print(one["id"])
            print("  want", json.dumps(one["want"]))
            print("  got ", json.dumps(got))
        counts.append((topic, passed, len(vectors)))
    for topic, passed, total in counts:
        print(f"{topic:10} {passed:5} of {total:5}")
    passed, total = (sum(row[column] for row in counts) for column in (1, 2))
    print(f"{'all':10} {passed:5} of {total:5}")
    return 0 if passed == total else 1


if __name__ == "__main__":
    sys.exit(main())
