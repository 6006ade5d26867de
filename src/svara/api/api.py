"""The HTTP API, version 1. Endpoints are thin: they check the shape, call an action or a reader, and show the answer."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from svara.api import (
    calls,
    conferences,
    contacts,
    events,
    handsets,
    parking,
    people,
    privacy_audit,
    privacy_functions,
    privacy_rights,
    privacy_staff,
    problems,
    queues,
    system,
    voicemail,
)
from svara.api.auth import SIGNED_IN

DESCRIPTION = """
Everything needs `Authorization: Bearer TOKEN` (or a browser's session), unless it says otherwise. Errors are problem
documents (RFC 9457) whose `error_id` is stable. Times are ISO 8601 with offset, in the company's timezone. What you may
not see does not exist: 404.
"""


class Api(NinjaAPI):
    """Ninja's, with problem documents in the description of every operation."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        shape = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"].update(shape.pop("$defs", {}))
        schema["components"]["schemas"]["Problem"] = shape
        answer = {
            "description": "A problem document",
            "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = answer
        return schema


api = Api(title="Svara", version="1", description=DESCRIPTION.strip(), urls_namespace="api", auth=SIGNED_IN, docs_url=None)
problems.register(api)
for room in (
    people,
    calls,
    queues,
    conferences,
    parking,
    handsets,
    events,
    voicemail,
    contacts,
    privacy_audit,
    privacy_functions,
    privacy_rights,
    privacy_staff,
    system,
):
    api.add_router("", room.router)
