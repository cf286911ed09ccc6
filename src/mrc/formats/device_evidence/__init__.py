"""What phones say about themselves: Android Key Attestation, Apple App Attest, passkeys."""
