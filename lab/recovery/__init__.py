"""What a killed command left behind: locks, operations cut off, objects that nobody recorded."""
