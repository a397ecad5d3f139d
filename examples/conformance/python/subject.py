"""The subject: answers the runner over standard input and output.

    python3 subject.py [--mistake ID]
"""

import argparse
import json
import sys
from typing import Any

import mistakes
import operation

HELLO = {"protocol": 1, "name": "python", "version": "1.0",
         "topics": list(operation.TOPICS)}


def reply(line: bytes) -> dict[str, Any]:
    """The line that answers a line of the runner."""
    number = None
    try:
        request = json.loads(line)
        if "protocol" in request:
            if request["protocol"] != 1:
                raise ValueError(f"protocol {request['protocol']}")
            return HELLO
        number = request["id"]
        out = operation.answer(request["op"], request["in"])
    except Exception as error:  # whatever it is, the runner wants one line
        return {"id": number, "failure": f"{type(error).__name__}: {error}"}
    return {"id": number, "out": out}


def main() -> int:
    """Answer line by line, until the runner closes the input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mistake", metavar="ID", help="make this mistake")
    arguments = parser.parse_args()
    try:
        mistakes.plant(arguments.mistake)
    except KeyError:
        print(f"unknown mistake {arguments.mistake!r}", file=sys.stderr)
        return 2
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(reply(line)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
