"""The software chip: applets, access rules, PIN counter and life cycle. Bytes in, bytes out."""
