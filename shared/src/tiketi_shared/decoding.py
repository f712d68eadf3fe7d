"""JSON from outside becomes what the code expects, or a refusal that names the field.

Every body goes through `decode_json`, so what no field may hold is refused here, once for all
services: control characters (NUL too), text that runs backwards (bidirectional overrides), lone
surrogates, times that a store cannot keep, numbers of more than 64 bits. Text becomes NFC, so two
spellings of a name that look the same are the same.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from tiketi_shared import errors

T = TypeVar("T")

FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 1, 1, tzinfo=UTC)
"""Times are from the first and before the last: every store and library can keep them, in any
zone."""

VERBATIM = frozenset({"password", "current_password"})
"""Fields that are only hashed. They stay as typed: the hashes of older releases were made of them
as they were."""

_REFUSED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEEDS_CARE = re.compile(rb"[^\x00-\x5b\x5d-\x7e]")
"""A backslash begins an escape, such as that of NUL; only what is not ASCII needs NFC."""

_INT64 = range(-(2**63), 2**63)


def decode_json(body: bytes, type_: type[T]) -> T:
    """Raises Invalid, naming the field that is wrong, or BadRequest for what is not JSON."""
    try:
        if _NEEDS_CARE.search(body):
            body = msgspec.json.encode(_cleaned(_decoded(body)))
        content = msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise _invalid(path.rstrip("`"), message) from error
    except RecursionError as error:
        raise errors.BadRequest("the body is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.BadRequest(f"the body is not valid JSON: {error}") from error
    if _holds_times(type_):  # type: ignore[arg-type]  # a type has a hash
        for path, message in _time_errors(content, ""):
            raise _invalid(path, message)
    return content


def check_encoding(coding: str | None) -> None:
    """Raises UnknownEncoding for a body that is not sent as it is."""
    if coding is not None and coding.strip().lower() not in ("", "identity"):
        raise errors.UnknownEncoding("bodies are read without a Content-Encoding only")


def text_error(text: str) -> str | None:
    """What is wrong with `text`, wherever it came from: a body, a header, a file."""
    found = _REFUSED.search(text)
    return None if found is None else f"has a character that is not allowed: U+{ord(found[0]):04X}"


def _invalid(path: str, message: str) -> errors.Invalid:
    return errors.Invalid(errors={path.lstrip(".") or "body": message})


def _decoded(body: bytes) -> Any:
    """Without a type. Text with a lone surrogate is decoded too, so that its field can be named."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        if rb"\u" not in body:
            raise
        try:
            return json.loads(body)
        except ValueError:
            pass
        raise


def _cleaned(content: Any, path: str = "") -> Any:
    """`content` with its text in NFC. Raises Invalid."""
    if isinstance(content, str):
        if message := text_error(content):
            raise _invalid(path, message)
        return unicodedata.normalize("NFC", content)
    if isinstance(content, list):
        return [_cleaned(item, f"{path}[{place}]") for place, item in enumerate(content)]
    if isinstance(content, dict):
        for name in content:
            if message := text_error(name):
                raise _invalid(path, f"has a field whose name {message}")
        return {name: _cleaned_field(name, item, path) for name, item in content.items()}
    if isinstance(content, int) and content not in _INT64:
        raise _invalid(path, "is a whole number of more than 64 bits")
    return content


def _cleaned_field(name: str, content: Any, path: str) -> Any:
    if name in VERBATIM and isinstance(content, str) and not _SURROGATE.search(content):
        return content
    return _cleaned(content, f"{path}.{name}")


@lru_cache(maxsize=256)
def _holds_times(type_: Any) -> bool:
    return _is_or_holds_time(msgspec.inspect.type_info(type_), set())


def _is_or_holds_time(info: Any, seen: set[int]) -> bool:
    """`info` is a description of a type by `msgspec.inspect`."""
    if isinstance(info, msgspec.inspect.DateTimeType):
        return True
    if isinstance(info, tuple):
        return any(_is_or_holds_time(item, seen) for item in info)
    if not isinstance(info, msgspec.Struct) or id(info) in seen:
        return False
    seen.add(id(info))
    return any(_is_or_holds_time(getattr(info, name), seen) for name in info.__struct_fields__)


def _time_errors(content: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, datetime):
        if content.tzinfo is None:
            yield path, "needs an offset from UTC"
        elif not FIRST_MOMENT <= content < LAST_MOMENT:
            yield path, "is in the years 1970 to 9998"
    elif isinstance(content, msgspec.Struct):
        for name in content.__struct_fields__:
            yield from _time_errors(getattr(content, name), f"{path}.{name}")
    elif isinstance(content, (tuple, list)):
        for place, item in enumerate(content):
            yield from _time_errors(item, f"{path}[{place}]")
