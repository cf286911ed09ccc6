"""The wallet's process host: keys and sealed records in one SQLite file, readable by its owner only."""
