"""Definitions of other products, turned into files of ours: reading them, saying them in our words, writing the YAML."""
