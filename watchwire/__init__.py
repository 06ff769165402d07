"""The product: settings, the place where everything is joined, and the command line."""
