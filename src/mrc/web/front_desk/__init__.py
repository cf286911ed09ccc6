"""The front desk: the officers' web app, and the customer screen beside it."""
