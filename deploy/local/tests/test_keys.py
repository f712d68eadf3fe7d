"""Secrets are made once and kept."""

import stat
from pathlib import Path

from tiketi_local.keys import load_or_make


def test_keys_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = load_or_make(path)
    assert load_or_make(path, admin_password="another") == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make(tmp_path / "others.json").identity_keys != first.identity_keys


def test_the_admin_of_the_first_start_stays(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load_or_make(path, admin_email="a@example.com", admin_password="chosen")
    keys = load_or_make(path, admin_email="b@example.com")
    assert (keys.admin_email, keys.admin_password) == ("a@example.com", "chosen")


def test_services_are_not_told_the_stores_password(tmp_path: Path) -> None:
    environ = load_or_make(tmp_path / "keys.json").environ()
    assert "ADMISSION_KEYS" in environ
    assert "STORE_PASSWORD" not in environ
