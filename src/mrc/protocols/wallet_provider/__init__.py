"""Between a wallet and its provider: registering an instance, attesting it and its keys.

No standard covers this exchange (OpenID4VCI 1.0, Appendix E leaves it to the provider). Every
request is a JWT signed by the instance's key, for one audience, over a fresh challenge.
"""
