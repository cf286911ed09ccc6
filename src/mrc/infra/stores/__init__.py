"""The stores: ports of the rooms below, on the database."""
