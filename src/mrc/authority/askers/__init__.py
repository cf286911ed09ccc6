"""Reports about askers, received for whoever decides about their registration."""
