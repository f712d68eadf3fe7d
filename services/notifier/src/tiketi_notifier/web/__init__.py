"""Connections: WebSocket and event stream, from the first byte to the close."""
