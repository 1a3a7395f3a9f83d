"""Provider plugins of the lab: the engine cannot tell them from the published ones."""
