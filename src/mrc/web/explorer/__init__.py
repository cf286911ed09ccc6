"""What is on the ledger, in words, for anybody; and the documents that prove it."""
