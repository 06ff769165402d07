"""The pure middle: what an article is, how it is recognised, tagged and told. No network, database or clock."""
