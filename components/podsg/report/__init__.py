"""Results as people and machines read them: text, JSON, SARIF, annotations; pure renderers."""
