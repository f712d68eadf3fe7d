"""What the notifier does: subscriptions, fan-out, the relay of changes, the shutdown."""
