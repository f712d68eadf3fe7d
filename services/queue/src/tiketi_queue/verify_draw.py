"""Checks a draw with Python's standard library alone, so that anyone can do it.

Before the lobby opens, the SHA-256 of a secret is published (the commitment). The place of each
person in the lobby depends only on the secret, the event and their user id:

    score  = first 50 bits of HMAC-SHA256(secret, "<event id>:<user id>")
    number = opening in Unix microseconds - participants + floor(score * participants / 2^50)

Lower numbers are served first. After the opening, the secret and the number of participants are
published. Nobody could choose their place, and nobody could be given another one.

Use: python verify_draw.py DRAW.json USER_ID [NUMBER]
where DRAW.json is the answer of GET /api/events/{id}/queue/draw ("-" reads it from the input).
Exit status 0: everything is right; 1: something is wrong; 2: the draw cannot be checked.
"""

import argparse
import hashlib
import hmac
import json
import sys
from pathlib import Path

SCORE_BITS = 50

ALGORITHM = (
    "score = first 50 bits of HMAC-SHA256(key = secret bytes, message = event_id ':' user_id); "
    "number = opened_at_us - participants + floor(score * participants / 2^50); "
    "commitment = SHA-256(secret bytes)"
)


def commitment_of(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


def drawn_score(secret: bytes, event_id: str, user_id: str) -> int:
    """0 to 2^50 - 1."""
    digest = hmac.digest(secret, f"{event_id}:{user_id}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:7], "big") >> (56 - SCORE_BITS)


def number_of(score: int, opened_at_us: int, participants: int) -> int:
    return opened_at_us - participants + (score * participants >> SCORE_BITS)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="tiketi-verify-draw",
        description="Checks a published draw and what it gave to one person.",
    )
    parser.add_argument("draw", help="the draw's JSON document, a file or - for the input")
    parser.add_argument("user_id", help="the person, as in GET /api/me")
    parser.add_argument("number", nargs="?", type=int, help="the number that their place shows")
    arguments = parser.parse_args()
    try:
        text = sys.stdin.read() if arguments.draw == "-" else Path(arguments.draw).read_text()
        draw = json.loads(text)
        lines, right = _verdict(draw, arguments.user_id, arguments.number)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(_complain(f"this draw cannot be checked: {error!r}"))
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(0 if right else 1)


def _verdict(draw: dict[str, str], user_id: str, number: int | None) -> tuple[list[str], bool]:
    if draw["secret"] is None:
        raise ValueError("the secret is not published before the opening")
    secret = bytes.fromhex(draw["secret"])
    kept = hmac.compare_digest(commitment_of(secret), draw["commitment"])
    score = drawn_score(secret, draw["event_id"], user_id)
    expected = number_of(score, int(draw["opened_at_us"]), int(draw["participants"]))
    lines = [
        f"commitment: {'kept' if kept else 'BROKEN: the secret is not the one promised'}",
        f"score:      {score} of {1 << SCORE_BITS}",
        f"number:     {expected}",
    ]
    if number is None:
        return lines, kept
    same = number == expected
    lines.append(f"your place: {'right' if same else f'WRONG: it shows {number}'}")
    return lines, kept and same


def _complain(message: str) -> int:
    sys.stderr.write(f"tiketi-verify-draw: {message}\n")
    return 2


if __name__ == "__main__":
    main()
