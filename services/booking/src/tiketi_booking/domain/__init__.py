"""What booking decides: no I/O, no clock."""
