"""HTTP/1.1 with clients and with services, on llhttp.

Pure protocol, without I/O: `requests` and `responses` parse, `replies`, `documents` and `outgoing`
encode. Thin shells over asyncio transports: `server_connection` and `client_connection`, with
`streams` for bodies that arrive in parts, `exchange` for a request and its response, `registry`
for the bounds on connections, and `server` for starting and stopping.
"""
