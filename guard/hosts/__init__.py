"""What GitHub and GitLab tell about a run, and what is published there."""
