"""What passes between instances: publish, deliver, receive, handle."""
