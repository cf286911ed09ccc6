"""The Digital Credentials Query Language of OpenID4VP 1.0."""
