"""The gateway's decisions, from bytes, times and numbers alone: no I/O and no clock."""
