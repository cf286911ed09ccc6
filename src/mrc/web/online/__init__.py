"""A sample service where people sign in and show their age with Mobile ID (UX O-1 to O-6)."""
