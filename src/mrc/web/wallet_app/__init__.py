"""The holder's app, one ASGI app for every host of the wallet. Device tier: no server library."""
