"""The design system shared by the four front ends: see README.md beside this file."""
