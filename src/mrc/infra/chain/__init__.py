"""The ledger's engine: embedded chain, JSON-RPC, client and publisher."""
