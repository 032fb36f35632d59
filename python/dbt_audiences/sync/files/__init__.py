"""Files of members: their formats, and a channel that puts them where a destination keeps files."""
