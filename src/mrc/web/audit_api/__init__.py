"""The audit log's published head, for the process that anchors it."""
