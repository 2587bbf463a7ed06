"""What schemathesis has to know of sequences of calls, beside hooks.py: how writes and lists succeed, so that links lead on from them."""

import re

import hooks  # noqa: F401: registers its own hooks
import schemathesis
from schemathesis.openapi.checks import UseAfterFree
from schemathesis.specs.openapi import stateful

# Random values of these are refused, or select nothing. A link sets its own values afterwards.
HEADERS = {"If-Match", "If-None-Match"}
QUERY = {"etag", "must_not_exist", "update_mask", "filter", "order_by", "page_token", "query"}
BODY = {"etag", "mustNotExist"}

# The scale of movies, unless a flag sets another one.
SCALE = [half / 2 for half in range(1, 11)]

MOVIE = re.compile(r"/v1/movies/[^/]+")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Names what exists: no schema can say which values a scale has, or which movies there are."""
    for name, schema in raw_schema["components"]["schemas"].items():
        if name.startswith("PutRatingBody"):
            schema["properties"]["value"] = {"enum": SCALE}
    operations = [operation for item in raw_schema["paths"].values() for operation in item.values()]
    parameters = [parameter for operation in operations for parameter in operation["parameters"]]
    movies = {one["example"] for one in parameters if one["name"] == "movie_id" and "example" in one}
    for parameter in parameters:
        if parameter["name"] == "movie_ids":
            parameter["schema"]["items"] = {"enum": sorted(movies)}


@schemathesis.hook
def map_headers(context, headers):
    return without(headers, HEADERS)


@schemathesis.hook
def map_query(context, query):
    return without(query, QUERY)


@schemathesis.hook
def map_body(context, body):
    return without(body, BODY)


def without(values, names):
    if not isinstance(values, dict):
        return values
    return {name: value for name, value in values.items() if name not in names}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Only a movie is gone: its ratings stay, a list of nothing is still a list, and a rating has two paths to return by."""
    if not isinstance(failure, UseAfterFree):
        return True
    deleted, used = (text.split(" ", 1)[1] for text in (failure.free, failure.usage))
    return MOVIE.fullmatch(deleted) is not None and used.removeprefix(deleted) in ("", "/details", "/similar")


def begins(operation, node, produced):
    """A sequence may also begin with a PUT, which creates what its path names."""
    return operation.method == "put" or likely_begins(operation, node, produced)


likely_begins = stateful.is_likely_root_transition
stateful.is_likely_root_transition = begins
