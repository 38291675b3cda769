"""Counts in a log of TensorFlow's which operations it put on which device, by kind:
`placed.py NAME FILE`. The log must have been written with log_device_placement."""

import collections
import json
import re
import sys

name, path = sys.argv[1:]
PLACED = re.compile(r"\((\w+)\):? */job:\S*device:([A-Z]+:\d+)")
counts = collections.Counter()
failures = []
with open(path, errors="replace") as log:
    for line in log:
        if line.startswith("FIGURE "):
            figure = json.loads(line[7:])
            if "error" in figure:
                failures.append(figure)
        elif found := PLACED.search(line):
            counts[found[2], found[1]] += 1
by_device = collections.defaultdict(dict)
for (device, kind), count in counts.most_common():
    by_device[device][kind] = count
for device, kinds in by_device.items():
    figure = {"step": "placement", "of": name, "device": device, "operations": sum(kinds.values()), "kinds": kinds}
    print("FIGURE " + json.dumps(figure))
for figure in failures:
    print("FIGURE " + json.dumps(figure))
sys.exit(0 if counts else 1)
