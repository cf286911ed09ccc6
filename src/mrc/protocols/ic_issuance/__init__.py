"""The messages of issuance by IC card, shared by the wallet and the authority."""
