"""What is measured: recorders of a run, and the outcomes made of them."""
