"""The call centre's management API."""
