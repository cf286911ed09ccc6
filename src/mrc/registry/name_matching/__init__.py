"""Whether a name on a carrier's file is the registrant's, and why: pure and explained."""
