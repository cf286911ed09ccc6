"""The Logical Data Structure of ICAO Doc 9303-10: files and what stands in them."""
