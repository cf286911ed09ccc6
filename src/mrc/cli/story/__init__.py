"""The story that `mrc demo` tells: every step a real command against real processes."""
