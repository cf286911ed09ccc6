"""Card readers, the emulated card's socket and memory, and cards in the same process."""
