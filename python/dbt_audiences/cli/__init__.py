"""The command `audiences`: one file for each command, found by folder."""
