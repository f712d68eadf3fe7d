"""What is acceptable in an account."""

import hashlib

import pytest

from tiketi_booking.domain.accounts import (
    email_errors,
    name_errors,
    normal_email,
    password_errors,
    session_hash,
)

LOCAL, HOST = "a" * 64, "b" * 186 + ".org"


@pytest.mark.parametrize(
    "email",
    ["narae@example.org", " Narae@Example.ORG ", "a.b+c@x-y.z9.kr", f"{LOCAL}@{HOST}", "a@b.kr"],
)
def test_an_address_is_accepted_in_any_case(email: str) -> None:
    assert email_errors(email) == {}


@pytest.mark.parametrize(
    "email",
    ["", "narae", "narae@", "@example.org", "narae@example", "a b@example.org", "a@b@example.org",
     f"a{LOCAL}@example.org", f"narae@b{HOST}", "narae@exa_mple.org", "narae@.org", "a@b.k"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(email: str) -> None:
    assert email_errors(email) == {"email": "is an address such as name@example.org"}


def test_an_address_is_kept_in_small_letters_without_spaces() -> None:
    assert normal_email(" Narae@Example.ORG\n") == "narae@example.org"


@pytest.mark.parametrize(("length", "accepted"), [(7, False), (8, True), (128, True), (129, False)])
def test_a_password_has_eight_to_128_characters(length: int, accepted: bool) -> None:
    errors = {} if accepted else {"password": "has 8 to 128 characters"}
    assert password_errors("p" * length) == errors


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("", False), ("   ", False), ("n", True), ("나래 김", True), ("n" * 100, True),
     (" " + "n" * 100 + " ", True), ("n" * 101, False), ("علی\u200cرضا", True),
     ("\u200c\u200d", False), ("👩\u200d👧", True)],
)  # fmt: skip
def test_a_name_has_one_to_a_hundred_characters_one_of_them_visible(
    name: str, accepted: bool
) -> None:
    assert name_errors(name) == ({} if accepted else {"name": "has 1 to 100 characters"})


def test_the_stores_know_the_hash_of_a_session_alone() -> None:
    assert session_hash("a token") == hashlib.sha256(b"a token").hexdigest()
