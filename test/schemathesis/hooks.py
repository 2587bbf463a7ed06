"""What schemathesis has to know of streams: lines of JSON, and calls that do not end by themselves."""

import json

import schemathesis

LINES = ("application/x-ndjson", "application/jsonl")

# A longer text in a query does not fit the request line of HTTP/1.1, which has 8 KB at most.
QUERY_TEXT_MAX = 4000

# Streams send their first message at once. This is their deadline.
STREAM_TIMEOUT = "300m"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Describes lines of JSON as a list, so that each line is generated and checked."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            response = operation["responses"]["200"]
            to_lists(operation.get("requestBody", {}).get("content", {}))
            to_lists(response.get("content", {}))
            shorten(operation["parameters"])


def to_lists(content):
    for media_type in LINES:
        if media_type not in content:
            continue
        entry = content[media_type]
        entry["schema"] = {"type": "array", "items": entry["schema"]["contentSchema"], "maxItems": 20}
        if "example" in entry:
            entry["example"] = parse(entry["example"])


def shorten(parameters):
    for parameter in parameters:
        schema = parameter["schema"]
        if parameter["in"] == "query" and schema.get("maxLength", 0) > QUERY_TEXT_MAX:
            schema["maxLength"] = QUERY_TEXT_MAX


def parse(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


@schemathesis.serializer(*LINES)
def serialize_lines(ctx, value):
    lines = value if isinstance(value, list) else [value]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@schemathesis.deserializer(*LINES)
def deserialize_lines(ctx, response):
    return parse(response.content.decode())[:20]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path.endswith(":watch"):
        case.headers["grpc-timeout"] = STREAM_TIMEOUT
