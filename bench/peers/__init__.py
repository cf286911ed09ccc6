"""Libraries of others on the same inputs, in rounds that take turns with ours."""
