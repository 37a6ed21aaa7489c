"""What Threads, Instagram and Facebook share."""
