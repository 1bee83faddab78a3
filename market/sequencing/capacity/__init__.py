"""What a block holds, and what room costs."""
