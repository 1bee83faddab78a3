"""What a bundle that spans rollups may count on."""
