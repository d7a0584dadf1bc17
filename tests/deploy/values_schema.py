"""The part of the chart's values.schema.json that is dplsync's own configuration.

What stands below `municipalities` and `config` in the values goes into the configuration as it is, so
its schema is that of schemas/config.schema.json, without what the chart sets itself.

    python3 tests/deploy/values_schema.py    writes it into values.schema.json anew
"""

import copy
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG_SCHEMA = ROOT / "schemas" / "config.schema.json"
VALUES_SCHEMA = ROOT / "deploy" / "helm" / "dplsync" / "values.schema.json"

SET_BY_THE_CHART = ("$schema", "kafka", "redis", "topics", "contact", "credentials_dir", "municipalities",
                    "municipalities_file", "console")


def definitions(config_schema):
    """The definitions `municipality` and `config` of values.schema.json."""
    schema = copy.deepcopy(config_schema)
    municipality = schema["$defs"]["municipality"]
    del municipality["properties"]["id"]
    municipality["required"] = ["base_url"]
    properties = {name: section for name, section in schema["properties"].items()
                  if name not in SET_BY_THE_CHART}
    for section in properties.values():
        section.get("properties", {}).pop("admin_address", None)
    return {"municipality": municipality,
            "config": {"type": "object", "additionalProperties": False, "properties": properties}}


def read(path):
    return json.loads(path.read_text())


def main():
    values = read(VALUES_SCHEMA)
    values["$defs"].update(definitions(read(CONFIG_SCHEMA)))
    VALUES_SCHEMA.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
