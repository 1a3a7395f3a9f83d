"""Destroys of an environment whose pods run: by the engine alone, with the gates and without them."""
