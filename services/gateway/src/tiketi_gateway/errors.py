"""What the gateway itself refuses; the services' own refusals are passed on unchanged.

TiketiError
├── BadRequest
│   └── MalformedRequest      400 malformed_request
├── Forbidden
│   └── OriginNotAllowed      403 origin_not_allowed
├── MethodNotAllowed          405 method_not_allowed
├── RequestTimeout            408 request_timeout
├── MisdirectedRequest        421 misdirected_request
├── HeaderTooLarge            431 header_too_large
├── VersionNotSupported       505 http_version_not_supported
├── Unavailable
│   ├── ServiceUnavailable    503 service_unavailable  (no instance responds, or too many requests)
│   └── OutcomeUnknown        503 outcome_unknown      (the connection was lost: repeat it)
└── UpstreamTimeout           504 upstream_timeout
"""

from tiketi_shared import errors


class MalformedRequest(errors.BadRequest):
    code = "malformed_request"


class OriginNotAllowed(errors.Forbidden):
    code = "origin_not_allowed"


class MethodNotAllowed(errors.TiketiError):
    status, code = 405, "method_not_allowed"


class RequestTimeout(errors.TiketiError):
    status, code = 408, "request_timeout"


class MisdirectedRequest(errors.TiketiError):
    status, code = 421, "misdirected_request"


class HeaderTooLarge(errors.TiketiError):
    status, code = 431, "header_too_large"


class VersionNotSupported(errors.TiketiError):
    status, code = 505, "http_version_not_supported"


class ServiceUnavailable(errors.Unavailable):
    code = "service_unavailable"


class OutcomeUnknown(errors.Unavailable):
    """The service closed the connection; the request may have been carried out.

    Repeating it with the same Idempotency-Key is safe.
    """

    code = "outcome_unknown"


class UpstreamTimeout(errors.TiketiError):
    status, code = 504, "upstream_timeout"
