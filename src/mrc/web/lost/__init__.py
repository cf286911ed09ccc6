"""The public loss page, and the doors through which others report a loss."""
