"""The order of the stages: what a command does, from the files of a project to the warehouse and the destinations."""
