"""What is looked at afterwards: the weekly and monthly review."""
