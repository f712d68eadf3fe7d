"""What the figures mean and what they call for: no I/O, no clock."""
