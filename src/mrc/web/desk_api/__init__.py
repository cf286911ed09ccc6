"""The management API of an issuing authority's counter, for its own programs and `mrc desk`."""
