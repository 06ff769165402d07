"""Being here puts this folder on the import path: `hostile_server`, `fakes`."""
