"""The verbs of the command line, by who asks: work, look, admin, stages, demo."""
