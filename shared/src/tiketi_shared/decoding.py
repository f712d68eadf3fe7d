"""JSON from outside becomes what the code expects, or a refusal that names the field."""

from typing import TypeVar

import msgspec

from tiketi_shared import errors

T = TypeVar("T")


def decode_json(body: bytes, type_: type[T]) -> T:
    """Raises Invalid, naming the field that is wrong, or BadRequest for what is not JSON."""
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".")
        raise errors.Invalid(errors={field or "body": message}) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.BadRequest(f"the body is not valid JSON: {error}") from error
