"""The wallet provider's endpoints for wallets, and one for its operator."""
