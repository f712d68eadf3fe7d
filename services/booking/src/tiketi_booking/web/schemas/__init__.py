"""The shapes of requests and answers; times are RFC 3339, money is in the smallest unit."""
