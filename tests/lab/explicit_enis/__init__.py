"""`BranchEni` through the engine: one program, many descriptions."""
