"""Plants each mistake in turn: does a vector of its rule catch it?

    python3 run_mistakes.py [-v]
"""

import json
import sys

import mistakes
import vector


def main() -> int:
    """Print the mistakes that are not caught; 1 when there are any."""
    text = (vector.FOLDER / "mutants.json").read_text(encoding="utf-8")
    wanted = [one for one in json.loads(text)["mutants"]
              if not all(op.startswith("applicability.") for op in one["ops"])]
    vectors = [one for some in vector.load(vector.files()).values()
               for one in some]
    status = 0
    for name in sorted({one["id"] for one in wanted} ^ mistakes.MISTAKES):
        print(f"{name}: in mutants.json or here, but not in both")
        status = 1
    caught = 0
    for one in wanted:
        if one["id"] not in mistakes.MISTAKES:
            continue
        mistakes.plant(one["id"])
        asked = [other for other in vectors if other["rule"] == one["rule"]
                 and other["op"] in one["ops"]]
        by = next((other["id"] for other in asked
                   if not vector.same(other["want"], vector.ask(other))), None)
        if by is None:
            print(f"{one['id']}: not caught by {len(asked)} vectors"
                  f" of {one['rule']}: {one['mistake']}")
            status = 1
        else:
            caught += 1
            if "-v" in sys.argv[1:]:
                print(f"{one['id']}: {by}")
    mistakes.plant(None)
    print(f"{caught} of {len(wanted)} caught")
    return status


if __name__ == "__main__":
    sys.exit(main())
