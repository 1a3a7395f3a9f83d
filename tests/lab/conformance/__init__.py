"""What the lab's AWS must do as AWS does it: one row per behaviour, each with its public source."""
