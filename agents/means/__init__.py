"""What strategies of several roles share."""
