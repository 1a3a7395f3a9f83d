"""Read the engine's preview and say in words what it means for running pods."""
