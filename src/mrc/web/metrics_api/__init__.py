"""A role's own figures for its operator's monitoring."""
