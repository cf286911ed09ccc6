"""The wallet provider: vouches that an instance is a genuine Mobile ID and where its keys live."""
