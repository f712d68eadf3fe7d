"""What the notifier decides: channels, frames and the order of leaving; no I/O, no clock."""
