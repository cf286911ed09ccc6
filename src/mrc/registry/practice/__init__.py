"""Practice registrants: plausible people who do not exist."""
