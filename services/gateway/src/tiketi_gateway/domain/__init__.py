"""What the edge decides, from bytes, times and figures alone: no I/O, no clock."""
