"""Building assets and texts: only what changed, whole or not at all, and plain words when it cannot be."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

import pytest

from svara.web import build


def test_a_second_build_does_nothing() -> None:
    build.build()
    assert build.build() == []


def test_a_changed_catalogue_is_compiled_again_and_only_that(tmp_path: Path) -> None:
    for language, word in (("nb", "Legg på"), ("sv", "Lägg på")):
        path = tmp_path / language / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True)
        path.write_text(
            f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Hang up"\nmsgstr "{word}"\n', "utf-8"
        )
    assert build.compile_catalogues(tmp_path) == ["compiled the texts of nb", "compiled the texts of sv"]
    assert gettext.translation("django", tmp_path, ["sv"]).gettext("Hang up") == "Lägg på"
    assert build.compile_catalogues(tmp_path) == []
    source = tmp_path / "nb" / "LC_MESSAGES" / "django.po"
    source.write_text(source.read_text("utf-8").replace("Legg på", "Avslutt"), "utf-8")
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1_000_000
    os.utime(source, ns=(later, later))
    assert build.compile_catalogues(tmp_path) == ["compiled the texts of nb"]
    assert gettext.translation("django", tmp_path, ["nb"]).gettext("Hang up") == "Avslutt"


def test_a_failing_tool_says_what_it_said_and_leaves_the_old_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (build.DIST / "manifest.json").read_bytes()
    monkeypatch.setattr(build, "_digest", lambda _files: "changed")
    monkeypatch.setattr(build, "MODULES", tmp_path)
    (tmp_path / ".svara-stamp").write_text("changed")
    (tmp_path / "vite" / "bin").mkdir(parents=True)
    (tmp_path / "vite" / "bin" / "vite.js").write_text("console.error('main.ts: no such thing'); process.exit(1);")
    with pytest.raises(build.BuildError, match="no such thing"):
        build.build()
    assert (build.DIST / "manifest.json").read_bytes() == before


def test_outside_a_checkout_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    with pytest.raises(build.BuildError, match="built from a checkout"):
        build.build()


def test_the_lock_names_no_registry() -> None:
    lock = (build.ROOT / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert '"integrity": "sha512-' in lock
    assert "omit-lockfile-registry-resolved=true" in (build.ROOT / ".npmrc").read_text("utf-8")
