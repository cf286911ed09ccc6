"""The checker: cards checked in person, by police, banks, employers and shops (UX V-1 to V-12)."""
