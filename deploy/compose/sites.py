"""Creates the simulated library sites of config/config.json: python sites.py http://sites:8080

A site that is there already is left as it is, so that a second start changes nothing.
"""

import json
import sys
import urllib.request

SITES = {"aarhus": 14, "viborg": 9, "odense": 11}  # with so many events each
LOG_IN = {"username": "ticket-vendor", "password": "kun-til-lokal-brug"}


def call(method, address, body=None):
    request = urllib.request.Request(address, method=method, data=json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def main():
    control = f"{sys.argv[1]}/_control"
    there = call("GET", f"{control}/")["sites"]
    for number, (name, events) in enumerate(SITES.items(), 1):
        if name not in there:
            call("PUT", f"{control}/sites/{name}", {**LOG_IN, "generate": events, "number": number, "future": True})
            print(f"{name}: a site with {events} events")


if __name__ == "__main__":
    main()
