"""Decode JSON from outside into a type; an error names the field."""

from typing import TypeVar

import msgspec

from tiketi_shared import errors

T = TypeVar("T")


def decode_json(body: bytes, type_: type[T]) -> T:
    """Raises BadRequest when the body is not JSON, and Invalid, naming the field, when it does not
    fit `type_`."""
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".")
        raise errors.Invalid(errors={field or "body": message}) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.BadRequest(f"the body is not valid JSON: {error}") from error
