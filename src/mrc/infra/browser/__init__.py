"""The phone's browser as a host of the wallet: WebCrypto, IndexedDB and fetch behind the ports.

Runs under Pyodide only; part of the device tier. `host.mjs` is its counterpart in JavaScript.
"""
