"""The issuer's protocol endpoints over HTTP, thin: parse, one use case, answer."""
