"""The command line `podsg`: one module per verb."""
