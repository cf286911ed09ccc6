"""mdoc (ISO/IEC 18013-5:2021, 9.1.2 to 9.3): issuing, presenting, verifying."""
