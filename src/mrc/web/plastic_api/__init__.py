"""The authority's door for those who check plastic cards by number and date of issue."""
