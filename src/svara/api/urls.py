"""Where the API stands: mounted at `/api/`. Every answer below it that is an error is a problem document."""

from __future__ import annotations

from django.urls import path, re_path

from svara.api.api import api
from svara.api.problems import not_found, only_problems

_patterns, _app_name, _namespace = api.urls
for _pattern in _patterns:
    if _pattern.callback is not None:
        _pattern.callback = only_problems(_pattern.callback)

urlpatterns = [path("v1/", (_patterns, _app_name, _namespace)), re_path("", not_found)]
