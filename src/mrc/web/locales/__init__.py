"""Message catalogues: `<language>/LC_MESSAGES/<domain>.po`, read by `mrc.web.design.catalogues`."""
