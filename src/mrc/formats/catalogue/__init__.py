"""The one table of card types and their claims, for both formats and for the labels on screens."""
